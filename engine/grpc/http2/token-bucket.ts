/** Allows so many of something at once, and so many a second after that. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #atUs: number;

  constructor(capacity: number, perSecond: number, nowUs: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#atUs = nowUs;
  }

  /** False when there is none left. */
  take(nowUs: number): boolean {
    const refill = ((nowUs - this.#atUs) / 1_000_000) * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + refill) - 1;
    this.#atUs = nowUs;
    return this.#tokens >= 0;
  }
}
