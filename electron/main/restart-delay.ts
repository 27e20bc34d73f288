const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Health of this length forgets all earlier failures. */
export const HEALTHY_AFTER_MS = 60_000;

/** So many starts in a row that never became ready, and the operator has to look. */
export const MAX_FAILED_STARTS = 5;

/**
 * How long to wait before the next start: 0.5 s after the first failure, doubling up to 30 s.
 * @param failures failures since the engine was last healthy, this one included; from 1
 * @returns milliseconds
 */
export function restartDelayMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (Math.max(1, failures) - 1));
}
