import type { BatchPolicy } from './batch-policy';

/** Smallest allowed size that holds `rows`; `rows` itself when any size is allowed or none is large enough. */
export function paddedSize(rows: number, allowed: readonly number[] = []): number {
  return allowed.find((size) => size >= rows) ?? rows;
}

/** How much of a lane leaves. */
export interface Cut {
  readonly requests: number;
  readonly rows: number;
}

/**
 * Chooses between padding what fits up to the next allowed size and cutting it to a smaller one. `exact` is the largest part of
 * `whole` that is an allowed size to the row. It pays to cut when that leaves fewer rows for the next batch than padding would add:
 * of {1, 4, 8}, 5 rows leave as 4 + 1 and 6 as 8 with two of padding, 7 with one.
 */
export function bestCut(whole: Cut, exact: Cut | null, { allowedBatchSizes }: BatchPolicy): Cut {
  const padding = paddedSize(whole.rows, allowedBatchSizes) - whole.rows;
  return exact !== null && whole.rows - exact.rows < padding ? exact : whole;
}
