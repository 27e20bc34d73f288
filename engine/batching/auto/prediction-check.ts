/** Predictions off by more than this, in half of so many batches, are not acted upon. */
const MAX_ERROR = 0.2;
const BATCHES = 50;
/** Back below this, waiting is worth it again: apart from the other bound, so that it does not flap. */
const GOOD_ERROR = 0.15;

/**
 * Compares predicted times with real ones, and says when the predictions are not to be relied on. The median counts: a run that the
 * machine halted says nothing against the prediction of the others, and where one in twenty is halted a mean would not wait any more.
 */
export class PredictionCheck {
  readonly #errors: number[] = [];
  #next = 0;
  #off = false;

  /** Median of |real - predicted| / predicted over the last batches; null before the first. */
  get error(): number | null {
    const { length } = this.#errors;
    if (length === 0) return null;
    const sorted = Float64Array.from(this.#errors).sort();
    return ((sorted[(length - 1) >> 1] as number) + (sorted[length >> 1] as number)) / 2;
  }

  /** True while predictions are too far off to wait for anything by them. */
  get isOff(): boolean {
    return this.#off;
  }

  /** @returns why, when this batch changed the answer of `isOff` */
  record(predictedUs: number, tookUs: number): string | null {
    this.#errors[this.#next] = predictedUs > 0 ? Math.abs(tookUs - predictedUs) / predictedUs : 1;
    this.#next = (this.#next + 1) % BATCHES;
    if (this.#errors.length < BATCHES) return null;
    const error = this.error as number;
    if (this.#off ? error > GOOD_ERROR : error <= MAX_ERROR) return null;
    this.#off = !this.#off;
    const share = `${Math.round(error * 100)} % (median of the last ${BATCHES} batches)`;
    return this.#off
      ? `predicted times were off by ${share}: batches do not wait any more`
      : `predicted times are off by ${share} only: batches wait again where it pays`;
  }
}
