import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketHighUs,
  bucketIndexOf,
  bucketLowUs,
  EMPTY_HISTOGRAM,
  HISTOGRAM_BUCKETS,
  histogramDelta,
  histogramMerge,
  histogramPercentileUs,
} from './histogram';
import type { HistogramSnapshot } from './metrics';

function recorded(values: readonly number[]): HistogramSnapshot {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(bucketIndexOf(value), (counts.get(bucketIndexOf(value)) ?? 0) + 1);
  const indexes = [...counts.keys()].sort((a, b) => a - b);
  return {
    indexes,
    counts: indexes.map((index) => counts.get(index) ?? 0),
    count: values.length,
    sumUs: values.reduce((sum, value) => sum + value, 0),
  };
}

const latencyUs = fc.double({ min: 0, max: 1e10, noNaN: true });

describe('latency buckets', () => {
  test('every value lies in its bucket, and a bucket is at most 1/16 of its value wide', () => {
    fc.assert(
      fc.property(latencyUs, (value) => {
        const index = bucketIndexOf(value);
        expect(index).toBeGreaterThanOrEqual(0);
        expect(index).toBeLessThan(HISTOGRAM_BUCKETS);
        expect(bucketLowUs(index)).toBeLessThanOrEqual(value);
        expect(bucketHighUs(index)).toBeGreaterThan(value);
        expect(bucketHighUs(index) - bucketLowUs(index)).toBeLessThanOrEqual(Math.max(1, value / 16));
      }),
    );
  });

  test('buckets follow each other without a gap', () => {
    for (let index = 0; index < HISTOGRAM_BUCKETS - 1; index++)
      expect(bucketHighUs(index)).toBe(bucketLowUs(index + 1));
  });

  test('negative and broken values count as 0, endless ones go into the last bucket', () => {
    expect(bucketIndexOf(-5)).toBe(0);
    expect(bucketIndexOf(Number.NaN)).toBe(0);
    expect(bucketIndexOf(1e300)).toBe(HISTOGRAM_BUCKETS - 1);
  });
});

describe('percentiles', () => {
  test('are within a bucket of the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(latencyUs, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (values, share) => {
          const exact =
            [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
          const estimate = histogramPercentileUs(recorded(values), share) ?? Number.NaN;
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(Math.max(1, exact / 16));
        },
      ),
    );
  });

  test('of nothing are nothing', () => {
    expect(histogramPercentileUs(EMPTY_HISTOGRAM, 0.5)).toBeNull();
  });
});

test('a difference is what was recorded in between, and merging it back gives the later one', () => {
  const values = fc.array(latencyUs, { maxLength: 60 });
  fc.assert(
    fc.property(values, values, (first, second) => {
      const earlier = recorded(first);
      const later = recorded([...first, ...second]);
      const delta = histogramDelta(earlier, later);
      expect(delta).toMatchObject({
        indexes: recorded(second).indexes,
        counts: recorded(second).counts,
        count: second.length,
      });
      expect(histogramMerge([earlier, delta])).toMatchObject({
        indexes: later.indexes,
        counts: later.counts,
        count: later.count,
      });
    }),
  );
});

test('after a restart (counts went back) everything is new', () => {
  expect(histogramDelta(recorded([1, 2, 3]), recorded([5]))).toEqual(recorded([5]));
});
