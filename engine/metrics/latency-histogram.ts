import { bucketIndexOf, HISTOGRAM_BUCKETS, type HistogramSnapshot } from '../contract';

/** A cumulative latency histogram: one array write per value. Bucket layout: contract/histogram.ts. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(HISTOGRAM_BUCKETS);
  #count = 0;
  #sumUs = 0;

  record(valueUs: number): void {
    const index = bucketIndexOf(valueUs);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sumUs += valueUs;
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
