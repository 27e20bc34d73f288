import { freemem } from 'node:os';

/** Weights once in the file's form and once more as the session packs them and runs with. */
const BYTES_PER_FILE_BYTE = 2;
/** What is free is not all for instances. */
const USABLE_SHARE = 0.5;

/**
 * Why a further instance of a model would be one too many for this machine's memory; null when there is room.
 *
 * @param fileSizeBytes of the model with its external data
 */
export function obstacleToInstance(fileSizeBytes: number, freeBytes: number = freemem()): string | null {
  const neededBytes = fileSizeBytes * BYTES_PER_FILE_BYTE;
  if (neededBytes <= freeBytes * USABLE_SHARE) return null;
  return `another needs about ${mib(neededBytes)}, of ${mib(freeBytes)} free memory half may be used`;
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
