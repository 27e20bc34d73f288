import { describe, expect, test } from 'vitest';
import { backgroundCases, shareCases, worstDeviation } from './fairness';

describe('models that saturate one device', () => {
  test('have shares of its time within 5 % of their weights, whatever their curves and batch sizes', () => {
    for (const { curves, shares, deviation } of shareCases()) {
      expect(shares).toHaveLength(3);
      expect(deviation, curves.join(', ')).toBeLessThanOrEqual(0.05);
    }
  });

  test('would be found out if they had equal shares', () => {
    expect(worstDeviation([1, 1, 1])).toBeGreaterThan(1);
    expect(worstDeviation([100, 200, 400])).toBeCloseTo(0);
  });

  test('in the background, raise the p99 of one in the foreground by at most one batch, and have what it leaves', () => {
    for (const { curve, load, rise, backgroundShare } of backgroundCases()) {
      expect(rise, `${curve} at ${load}`).toBeLessThanOrEqual(1);
      expect(rise, `${curve} at ${load}`).toBeGreaterThan(0);
      expect(backgroundShare, `${curve} at ${load}`).toBeGreaterThan(0.02);
    }
  });
});
