import type { HistogramSnapshot } from './metrics';

/**
 * Log-linear buckets, as in HdrHistogram: values below 16 us have a bucket each; above, every power of two is cut into
 * 16 equal parts, so a bucket's width is at most 1/16 of its value and a percentile is off by at most 6.25 %.
 * Pure functions; both the engine (recording) and the console (percentiles of a difference) use them.
 */
const SUB_BUCKET_BITS = 4;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
/** 2^36 us is 19 hours; anything longer falls into the last bucket. */
const MAX_EXPONENT = 36;
export const HISTOGRAM_BUCKETS = SUB_BUCKETS * (MAX_EXPONENT - SUB_BUCKET_BITS + 1);

/** Bucket number for a value in microseconds; negative values count as 0. */
export function bucketIndexOf(valueUs: number): number {
  if (!(valueUs >= 1)) return 0;
  if (valueUs < SUB_BUCKETS) return Math.floor(valueUs);
  const exponent = Math.min(Math.floor(Math.log2(valueUs)), MAX_EXPONENT - 1);
  const part = Math.min(
    Math.floor(valueUs / 2 ** (exponent - SUB_BUCKET_BITS)) - SUB_BUCKETS,
    SUB_BUCKETS - 1,
  );
  // Math.log2 may round up to the next power just below it; the part is then negative and belongs one bucket lower.
  return SUB_BUCKETS * (exponent - SUB_BUCKET_BITS + 1) + Math.max(part, 0);
}

/** Smallest value (us) that falls into a bucket. */
export function bucketLowUs(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const exponent = Math.floor(index / SUB_BUCKETS) - 1 + SUB_BUCKET_BITS;
  return (SUB_BUCKETS + (index % SUB_BUCKETS)) * 2 ** (exponent - SUB_BUCKET_BITS);
}

/** First value (us) that no longer falls into a bucket. */
export function bucketHighUs(index: number): number {
  return bucketLowUs(index + 1);
}

export const EMPTY_HISTOGRAM: HistogramSnapshot = { indexes: [], counts: [], count: 0, sumUs: 0 };

/** What was recorded between two snapshots of one histogram. A restart (counts went back) gives `later` itself. */
export function histogramDelta(earlier: HistogramSnapshot, later: HistogramSnapshot): HistogramSnapshot {
  if (later.count < earlier.count) return later;
  const before = new Map(earlier.indexes.map((index, i) => [index, earlier.counts[i] ?? 0]));
  const indexes: number[] = [];
  const counts: number[] = [];
  later.indexes.forEach((index, i) => {
    const count = (later.counts[i] ?? 0) - (before.get(index) ?? 0);
    if (count > 0) {
      indexes.push(index);
      counts.push(count);
    }
  });
  return { indexes, counts, count: later.count - earlier.count, sumUs: later.sumUs - earlier.sumUs };
}

/** Sum of several histograms (for "all models"). */
export function histogramMerge(parts: readonly HistogramSnapshot[]): HistogramSnapshot {
  const sums = new Map<number, number>();
  let count = 0;
  let sumUs = 0;
  for (const part of parts) {
    part.indexes.forEach((index, i) => {
      sums.set(index, (sums.get(index) ?? 0) + (part.counts[i] ?? 0));
    });
    count += part.count;
    sumUs += part.sumUs;
  }
  const indexes = [...sums.keys()].sort((a, b) => a - b);
  return { indexes, counts: indexes.map((index) => sums.get(index) ?? 0), count, sumUs };
}

/** Percentile (`share` in 0..1) in microseconds, the middle of its bucket; null when nothing was recorded. */
export function histogramPercentileUs(histogram: HistogramSnapshot, share: number): number | null {
  if (histogram.count === 0) return null;
  const rank = Math.max(1, Math.ceil(share * histogram.count));
  let seen = 0;
  for (let i = 0; i < histogram.indexes.length; i++) {
    seen += histogram.counts[i] ?? 0;
    const index = histogram.indexes[i];
    if (seen >= rank && index !== undefined) return (bucketLowUs(index) + bucketHighUs(index)) / 2;
  }
  return null;
}
