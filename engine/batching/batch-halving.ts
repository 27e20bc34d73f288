import type { DepartureReason } from '../contract';
import type { Batch, BatchEntry } from './batch';
import type { BatchPolicy } from './batch-policy';
import { RowLimit } from './row-limit';

/** Half of a batch that did not fit into the device's memory: to be run on its own. */
export interface BatchHalf {
  readonly entries: readonly BatchEntry[];
  readonly rows: number;
  readonly reason: DepartureReason;
  readonly oldestUs: number;
}

/**
 * What becomes of batches that did not fit into memory: their requests are kept here, as two halves that run before anything from the
 * queue, and later batches are limited (`RowLimit`). A half that does not fit
 * either is halved again. A single request is never kept, and each half has fewer requests than its batch had: n requests make at
 * most 2n - 1 runs, and each of them ends.
 */
export class BatchHalving {
  readonly #halves: BatchHalf[] = [];
  readonly limit = new RowLimit();

  /** Requests that are kept. */
  get waiting(): number {
    return this.#halves.reduce((sum, { entries }) => sum + entries.length, 0);
  }

  /** Some wait to be run. */
  get isDue(): boolean {
    return this.#halves.length > 0;
  }

  /** What runs next; halved further where the settings have changed since and allow it no more. */
  nextWithin({ unbatched, maxBatchSize }: BatchPolicy): BatchHalf | null {
    for (;;) {
      const [next] = this.#halves;
      const isLegal = !next || next.entries.length < 2 || !(unbatched || next.rows > maxBatchSize);
      if (isLegal) return next ?? null;
      this.#halves.splice(0, 1, ...halvesOf(next));
    }
  }

  /** Gives away what `nextWithin` said. */
  take(): void {
    this.#halves.shift();
  }

  takeAll(): readonly BatchEntry[] {
    return this.#halves.splice(0).flatMap(({ entries }) => entries);
  }

  /** Takes the requests of a batch that did not fit, and lowers the limit. False: it is a single request, which stays the caller's. */
  halve(batch: Batch, nowUs: number): boolean {
    const { id, entries, rows, paddedRows } = batch;
    this.limit.failed(rows + paddedRows, this.limit.isTrial(id), nowUs);
    if (entries.length < 2) return false;
    this.#halves.push(...halvesOf(batch));
    return true;
  }

  /** The policy within the limit, or within what may be tried now. A model that takes only certain sizes keeps its smallest. */
  limited(policy: BatchPolicy, nowUs: number): BatchPolicy {
    const { maxBatchSize, preferredBatchSizes, allowedBatchSizes = [] } = policy;
    const { rows } = this.limit;
    const larger = () => Math.max(2 * rows, allowedBatchSizes.find((size) => size > rows) ?? 0);
    const limit = Math.max(this.limit.isTrialDue(nowUs) ? larger() : rows, allowedBatchSizes[0] ?? 1);
    if (maxBatchSize <= limit) return policy;
    const allowed = allowedBatchSizes.filter((size) => size <= limit);
    // Rows between two sizes would be padded to the larger one.
    const most = allowed.at(-1) ?? limit;
    const preferred = preferredBatchSizes.filter((size) => size <= most);
    return {
      ...policy,
      maxBatchSize: most,
      preferredBatchSizes: preferred.length > 0 ? preferred : [most],
      allowedBatchSizes: allowed,
    };
  }
}

function halvesOf({ entries, rows, reason }: Pick<BatchHalf, 'entries' | 'rows' | 'reason'>): BatchHalf[] {
  const cut = middleOf(entries, rows);
  return [entries.slice(0, cut), entries.slice(cut)].map((half) => ({
    entries: half,
    rows: rowsOf(half),
    reason,
    oldestUs: half.reduce((oldest, { enqueuedUs }) => Math.min(oldest, enqueuedUs), Number.POSITIVE_INFINITY),
  }));
}

const rowsOf = (entries: readonly BatchEntry[]): number =>
  entries.reduce((sum, entry) => sum + entry.rows, 0);

/** Where to cut so that the larger part has as few rows as possible; neither part is empty. */
function middleOf(entries: readonly BatchEntry[], rows: number): number {
  let before = 0;
  let best = { cut: 1, larger: Number.POSITIVE_INFINITY };
  for (let cut = 1; cut < entries.length; cut++) {
    before += entries[cut - 1]?.rows ?? 0;
    const larger = Math.max(before, rows - before);
    if (larger < best.larger) best = { cut, larger };
  }
  return best.cut;
}
