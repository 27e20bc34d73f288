import { bucketHighUs, type HistogramSnapshot } from '../contract';
import type { BucketCounts } from './bounded-histogram';

const US_PER_SECOND = 1e6;

/**
 * Bounds of the latency histograms in the metrics, microseconds: 64 us to 12.6 s, two per doubling. All of them are edges of the
 * finer buckets in which latencies are recorded (contract/histogram.ts), so no value is counted on the wrong side of one.
 */
export const LATENCY_BOUNDS_US: readonly number[] = Array.from({ length: 18 }, (_, i) => [
  64 * 2 ** i,
  96 * 2 ** i,
]).flat();

/** A latency histogram under `LATENCY_BOUNDS_US`, in seconds. */
export function secondsBuckets(histogram: HistogramSnapshot): BucketCounts {
  const { indexes, counts, count, sumUs } = histogram;
  let next = 0;
  let below = 0;
  const cumulative = LATENCY_BOUNDS_US.map((boundUs) => {
    for (; next < indexes.length && bucketHighUs(indexes[next] ?? 0) <= boundUs; next++)
      below += counts[next] ?? 0;
    return below;
  });
  return {
    bounds: LATENCY_BOUNDS_US.map((us) => us / US_PER_SECOND),
    cumulative,
    count,
    sum: sumUs / US_PER_SECOND,
  };
}
