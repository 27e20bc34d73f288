import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearestIndex } from './nearest';
import { formatSecondsAgo, roundUp } from './time-axis';

describe('roundUp', () => {
  test('gives round numbers that are not below the value and at most twice it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        const top = roundUp(value);
        expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-6));
        expect(top).toBeLessThanOrEqual(value * 2 * (1 + 1e-6));
      }),
    );
  });

  test('gives 1 when there is nothing to show', () => {
    expect(roundUp(0)).toBe(1);
    expect(roundUp(Number.NaN)).toBe(1);
  });
});

test('times are told in seconds and whole or tenth minutes', () => {
  expect([0, -45, -60, -90, -300].map(formatSecondsAgo)).toEqual([
    'now',
    '−45 s',
    '−1 min',
    '−90 s',
    '−5 min',
  ]);
});

test('nearestIndex finds what a linear search finds', () => {
  const sorted = fc
    .array(fc.integer({ min: -900, max: 0 }), { minLength: 1 })
    .map((times) => [...times].sort((a, b) => a - b).map((secondsAgo) => ({ secondsAgo })));
  fc.assert(
    fc.property(sorted, fc.integer({ min: -1000, max: 100 }), (points, at) => {
      const distance = (i: number) => Math.abs((points[i]?.secondsAgo ?? Number.NaN) - at);
      const best = Math.min(...points.map((_, i) => distance(i)));
      expect(distance(nearestIndex(points, at))).toBe(best);
    }),
  );
});
