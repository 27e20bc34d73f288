/** Predictions off by more than this, on the mean of so many batches, are not acted upon. */
const MAX_ERROR = 0.2;
const BATCHES = 50;
/** Back below this, waiting is worth it again: apart from the other bound, so that it does not flap. */
const GOOD_ERROR = 0.15;

/** Compares predicted times with real ones, and says when the predictions are not to be relied on. */
export class PredictionCheck {
  readonly #errors: number[] = [];
  #next = 0;
  #sum = 0;
  #off = false;

  /** Mean of |real - predicted| / predicted over the last batches; null before the first. */
  get error(): number | null {
    return this.#errors.length === 0 ? null : this.#sum / this.#errors.length;
  }

  /** True while predictions are too far off to wait for anything by them. */
  get isOff(): boolean {
    return this.#off;
  }

  /** @returns why, when this batch changed the answer of `isOff` */
  record(predictedUs: number, tookUs: number): string | null {
    const error = predictedUs > 0 ? Math.abs(tookUs - predictedUs) / predictedUs : 1;
    this.#sum += error - (this.#errors[this.#next] ?? 0);
    this.#errors[this.#next] = error;
    this.#next = (this.#next + 1) % BATCHES;
    if (this.#errors.length < BATCHES) return null;
    const mean = this.#sum / BATCHES;
    if (this.#off ? mean > GOOD_ERROR : mean <= MAX_ERROR) return null;
    this.#off = !this.#off;
    const share = `${Math.round(mean * 100)} % over the last ${BATCHES} batches`;
    return this.#off
      ? `predicted times were off by ${share}: batches do not wait any more`
      : `predicted times are off by ${share} only: batches wait again where it pays`;
  }
}
