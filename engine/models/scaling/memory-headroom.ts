import { freemem } from 'node:os';

/** Weights once in the file's form and once more as the session packs them and runs with. */
const BYTES_PER_FILE_BYTE = 2;
/** What is free is not all for instances. */
const USABLE_SHARE = 0.5;

/**
 * Why further instances of a model would be too many for this machine's memory; null when there is room.
 *
 * @param fileSizeBytes of the model with its external data
 */
export function obstacleToInstances(
  fileSizeBytes: number,
  further: number,
  freeBytes: number = freemem(),
): string | null {
  const neededBytes = fileSizeBytes * BYTES_PER_FILE_BYTE * further;
  if (neededBytes <= freeBytes * USABLE_SHARE) return null;
  return `${further === 1 ? 'another needs' : `${further} more need`} about ${mib(neededBytes)}, of ${mib(freeBytes)} free memory half may be used`;
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
