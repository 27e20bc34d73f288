import { bucketIndexOf, HISTOGRAM_BUCKETS, type HistogramSnapshot } from '../contract';

/** A cumulative latency histogram: one array write per value. Bucket layout: contract/histogram.ts. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(HISTOGRAM_BUCKETS);
  #count = 0;
  #sumUs = 0;

  /** @param times how many requests it took that long: all of a batch share one duration */
  record(valueUs: number, times = 1): void {
    const index = bucketIndexOf(valueUs);
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
    this.#count += times;
    this.#sumUs += valueUs * times;
  }

  /** Adds all that another has recorded. */
  absorb(other: LatencyHistogram): void {
    other.#counts.forEach((count, index) => {
      if (count > 0) this.#counts[index] = (this.#counts[index] ?? 0) + count;
    });
    this.#count += other.#count;
    this.#sumUs += other.#sumUs;
  }

  snapshot(): HistogramSnapshot {
    const indexes: number[] = [];
    const counts: number[] = [];
    this.#counts.forEach((count, index) => {
      if (count === 0) return;
      indexes.push(index);
      counts.push(count);
    });
    return { indexes, counts, count: this.#count, sumUs: this.#sumUs };
  }
}
