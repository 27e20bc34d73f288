/** Counts under fixed bounds, as Prometheus shows them: `cumulative[i]` values were at most `bounds[i]`. */
export interface BucketCounts {
  /** Ascending. */
  readonly bounds: readonly number[];
  readonly cumulative: readonly number[];
  readonly count: number;
  /** Of all values, in the unit of the bounds. */
  readonly sum: number;
}

/** A cumulative histogram with few buckets of one's own choice. */
export class BoundedHistogram {
  /** The last one holds what is above all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  buckets(): BucketCounts {
    let count = 0;
    const running = [...this.#counts].map((inBucket) => {
      count += inBucket;
      return count;
    });
    return { bounds: this.bounds, cumulative: running.slice(0, -1), count, sum: this.#sum };
  }
}
