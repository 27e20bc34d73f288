const KEPT = 512;
/** Share of a new run in the mean. */
const EWMA = 0.05;
/** The third largest of 512 runs: one in 200 takes longer. */
const SLOW_RANK = 3;
/** The slow end is looked for again after so many runs. */
const LOOK_EVERY = 16;
/** What is thought possible before any run was seen: a pause of the machine, half as long again. */
const FIRST_SLOW = 1.5;
/** A run counts as this many times the mean at most: what halts a machine does not take longer for a larger batch. */
const LONGEST = 3;

/**
 * How real runs compare with their predictions, as shares of them, all sizes together: what they have in common (another tenant,
 * the way to the instance and back) moves the mean, what befalls one in a hundred is the slow end.
 *
 * A request meets about two batches, the one that runs and its own, so an answer in a hundred is late if one batch in 200 is
 * slower than reckoned with. A share has a bound: a halt of the machine is a hundred times a small batch, and reckoned with as that it
 * would keep batches small and requests out for as long as it is remembered, which spares nobody the next halt. The 95th percentile of a size, which the curve keeps, is too low for that; hence this longer memory.
 */
export class RunSpread {
  readonly #shares = new Float64Array(KEPT);
  #seen = 0;
  #mean = 1;
  #stray = 0;
  #slow = FIRST_SLOW;

  /** Mean of real / predicted. */
  get meanShare(): number {
    return this.#mean;
  }

  /** Mean of how far a run strays from that. */
  get strayShare(): number {
    return this.#stray;
  }

  /** At most one run in 200 takes longer than its prediction times this, where it is no more than three times the mean. */
  get slowShare(): number {
    return Math.min(Math.max(this.#slow, this.#mean), LONGEST * this.#mean);
  }

  record(predictedUs: number, tookUs: number): void {
    if (!(predictedUs > 0)) return;
    const share = Math.min(tookUs / predictedUs, LONGEST * this.#mean);
    this.#shares[this.#seen++ % KEPT] = share;
    this.#stray += (Math.abs(share - this.#mean) - this.#stray) * EWMA;
    this.#mean += (share - this.#mean) * EWMA;
    if (this.#seen % LOOK_EVERY === 0) this.#slow = this.#look();
  }

  #look(): number {
    const count = Math.min(this.#seen, KEPT);
    const largest = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const share = this.#shares[i] as number;
      if (share <= (largest[SLOW_RANK - 1] as number)) continue;
      let to = SLOW_RANK - 1;
      for (; to > 0 && (largest[to - 1] as number) < share; to--) largest[to] = largest[to - 1] as number;
      largest[to] = share;
    }
    return count < KEPT ? Math.max(FIRST_SLOW, largest[1] as number) : (largest[SLOW_RANK - 1] as number);
  }
}
