/** Before the first trial of a larger batch; twice as long after each that failed, to at most `LONGEST_WAIT_US`. */
const FIRST_WAIT_US = 60e6;
const LONGEST_WAIT_US = 3600e6;

/**
 * The most rows that a batch may have after one did not fit into memory: half of what failed. What was short then may be there again
 * later, so after a minute one batch alone may be larger, up to twice the limit. If it fits, the limit is what it had, and the next
 * trial comes after another minute; if not, its requests are run in halves like any others, and the next comes after twice the wait.
 */
export class RowLimit {
  #rows = Number.POSITIVE_INFINITY;
  #waitUs = FIRST_WAIT_US;
  #trialUs = Number.POSITIVE_INFINITY;
  /** Id of the batch that is larger than the limit, to see whether it fits. */
  #trial: number | null = null;

  /** Infinity without a limit. */
  get rows(): number {
    return this.#rows;
  }

  /** One batch may be larger than the limit now. */
  isTrialDue(nowUs: number): boolean {
    return this.#trial === null && nowUs >= this.#trialUs;
  }

  /** To be called when a batch of so many rows, padding included, is about to run. */
  started(batchId: number, rows: number, nowUs: number): void {
    if (rows > this.#rows && this.isTrialDue(nowUs)) this.#trial = batchId;
  }

  /** It ran. True: the limit is higher now. */
  fitted(batchId: number, rows: number, nowUs: number): boolean {
    if (!this.#endTrial(batchId, nowUs)) return false;
    this.#rows = Math.max(this.#rows, rows);
    this.#waitUs = FIRST_WAIT_US;
    this.#trialUs = nowUs + this.#waitUs;
    return true;
  }

  /** It ended without a word about memory. */
  ended(batchId: number, nowUs: number): void {
    this.#endTrial(batchId, nowUs);
  }

  /** It did not fit. `wasTrial`: as was to be feared. */
  failed(rows: number, wasTrial: boolean, nowUs: number): void {
    if (wasTrial) this.#waitUs = Math.min(LONGEST_WAIT_US, 2 * this.#waitUs);
    this.#trialUs = nowUs + this.#waitUs;
    this.#rows = Math.min(this.#rows, Math.max(1, Math.floor(rows / 2)));
  }

  isTrial(batchId: number): boolean {
    return this.#trial === batchId;
  }

  lift(): void {
    this.#rows = Number.POSITIVE_INFINITY;
    this.#waitUs = FIRST_WAIT_US;
    this.#trialUs = Number.POSITIVE_INFINITY;
    this.#trial = null;
  }

  #endTrial(batchId: number, nowUs: number): boolean {
    if (this.#trial !== batchId) return false;
    this.#trial = null;
    this.#trialUs = nowUs + this.#waitUs;
    return true;
  }
}
