import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketIndexOf, bucketLowUs } from '../contract';
import { BoundedHistogram } from './bounded-histogram';
import { LATENCY_BOUNDS_US, secondsBuckets } from './latency-buckets';
import { LatencyHistogram } from './latency-histogram';
import { LatencySummary } from './latency-summary';

describe('latency buckets of the metrics', () => {
  test('have bounds that are edges of the recorded buckets, ascending', () => {
    for (const boundUs of LATENCY_BOUNDS_US) expect(bucketLowUs(bucketIndexOf(boundUs))).toBe(boundUs);
    expect([...LATENCY_BOUNDS_US].sort((a, b) => a - b)).toEqual(LATENCY_BOUNDS_US);
  });

  test('count under each bound exactly the values below it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }), { maxLength: 50 }), (valuesUs) => {
        const histogram = new LatencyHistogram();
        for (const us of valuesUs) histogram.record(us);
        const { bounds, cumulative, count, sum } = secondsBuckets(histogram.snapshot());
        expect(bounds).toEqual(LATENCY_BOUNDS_US.map((us) => us / 1e6));
        expect(cumulative).toEqual(
          LATENCY_BOUNDS_US.map((boundUs) => valuesUs.filter((us) => us < boundUs).length),
        );
        expect(count).toBe(valuesUs.length);
        expect(sum).toBeCloseTo(valuesUs.reduce((total, us) => total + us, 0) / 1e6, 6);
      }),
    );
  });
});

describe('a histogram with bounds of its own', () => {
  test('counts a value that is a bound under it', () => {
    const histogram = new BoundedHistogram([1, 10]);
    for (const value of [0, 1, 1.5, 10, 11]) histogram.record(value);
    expect(histogram.buckets()).toEqual({ bounds: [1, 10], cumulative: [2, 4], count: 5, sum: 23.5 });
  });
});

describe('a summary', () => {
  const median = (summary: LatencySummary) =>
    summary.summary().quantiles.find(({ quantile }) => quantile === 0.5)?.valueUs;

  test('forgets in its quantiles what is older than its rotations, and nothing in its sum', () => {
    const histogram = new LatencyHistogram();
    const summary = new LatencySummary(histogram);
    histogram.record(8);
    expect(median(summary)).toBe(8.5);
    summary.rotate(4);
    expect(median(summary)).toBe(8.5);
    histogram.record(2, 3);
    summary.rotate(1);
    expect(median(summary)).toBe(2.5);
    summary.rotate(1000);
    expect(summary.summary()).toEqual({ quantiles: [], count: 4, sumUs: 14 });
  });
});
