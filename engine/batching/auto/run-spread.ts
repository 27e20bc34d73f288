const KEPT = 512;
/** Share of a new run in the means. */
const EWMA = 0.05;
/** The third largest of 512 runs: one in 200 takes longer. */
const SLOW_RANK = 3;
/** The slow end is looked for again after so many runs. */
const LOOK_EVERY = 16;
/** What is thought possible before any run was seen: a pause of the machine, half as long again. */
const FIRST_SLOW = 0.5;
/** A run counts as this many times what was expected at most: what halts a machine does not take longer for a larger batch. */
const LONGEST = 3;

/**
 * How batches compare with their predictions, all sizes together, counted from the decision to send one until the next can be sent.
 *
 * Two things lengthen them. What befalls a run (another tenant) does so in proportion; the way to the instance and back is the same
 * for one row and for sixteen. Where that way is as long as a small run (two cores that a server and its clients share), a
 * proportion learnt from single rows would make sixteen look twice as dear, batches would stay small, and the way be paid for each.
 *
 * A request meets about two batches, the one that runs and its own, so an answer in a hundred is late if one batch in 200 is slower
 * than reckoned with; the 95th percentile of a size, which the curve keeps, is too low for that. It has a bound: a halt of the machine
 * is a hundred times a small batch, and reckoned with as that it would keep batches small and requests out for as long as it is
 * remembered, which spares nobody the next halt.
 */
export class RunSpread {
  /** How much longer than expected the last ones took, as shares of what was expected. */
  readonly #shares = new Float64Array(KEPT);
  #seen = 0;
  #betweenUs = 0;
  #meanShare = 1;
  #strayShare = 0;
  #slowShare = FIRST_SLOW;

  /** Mean of what a batch takes beside its run: there, back, and until that is noticed. */
  get betweenUs(): number {
    return this.#betweenUs;
  }

  /** How long a batch is expected to keep its instance whose run is predicted to take `runUs`. */
  expectedUs(runUs: number): number {
    return runUs * this.#meanShare + this.#betweenUs;
  }

  /** At most one batch in 200 takes longer than expected by more, where that is no more than three times what is expected. */
  slowUs(expectedUs: number): number {
    return Math.min(this.#slowShare, LONGEST - 1) * expectedUs;
  }

  /** Mean of how far a batch strays from what is expected. */
  strayUs(expectedUs: number): number {
    return this.#strayShare * expectedUs;
  }

  /**
   * @param predictedUs of the run
   * @param runUs that it took
   * @param tookUs with the way to the instance and back
   */
  record(predictedUs: number, runUs: number, tookUs: number): void {
    if (!(predictedUs > 0)) return;
    const expectedUs = this.expectedUs(predictedUs);
    const share = Math.min(tookUs / expectedUs, LONGEST) - 1;
    this.#shares[this.#seen++ % KEPT] = share;
    this.#strayShare += (Math.abs(share) - this.#strayShare) * EWMA;
    const runShare = Math.min(runUs / predictedUs, LONGEST * this.#meanShare);
    this.#meanShare += (runShare - this.#meanShare) * EWMA;
    const betweenUs = Math.min(Math.max(0, tookUs - runUs), (LONGEST - 1) * expectedUs);
    this.#betweenUs += (betweenUs - this.#betweenUs) * EWMA;
    if (this.#seen % LOOK_EVERY === 0) this.#slowShare = this.#slowest();
  }

  #slowest(): number {
    const count = Math.min(this.#seen, KEPT);
    const largest = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const value = this.#shares[i] as number;
      if (value <= (largest[SLOW_RANK - 1] as number)) continue;
      let to = SLOW_RANK - 1;
      for (; to > 0 && (largest[to - 1] as number) < value; to--) largest[to] = largest[to - 1] as number;
      largest[to] = value;
    }
    return count < KEPT ? Math.max(FIRST_SLOW, largest[1] as number) : (largest[SLOW_RANK - 1] as number);
  }
}
