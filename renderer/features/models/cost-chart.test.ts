import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CostCurveRecord } from '../../../engine/contract';
import { costChart, costSummary, pointAt } from './cost-chart';

const point = (rows: number, meanUs: number) => ({
  rows,
  meanUs,
  lowUs: meanUs * 0.9,
  highUs: meanUs * 1.3,
  runs: 20,
});
const curveOf = (points: CostCurveRecord['points'], bestRows: number): CostCurveRecord => ({
  points,
  bestRows,
  deviceId: 'cpu',
  provider: 'cpu',
  source: 'measured',
  measuredAtMs: 0,
});
const curve = curveOf([point(1, 1_000), point(4, 1_600), point(5, 1_900), point(16, 9_000)], 4);

describe('the chart of a cost curve', () => {
  it('has a band from the low to the high percentile and marks the best size', () => {
    const chart = costChart(curve, null);
    expect(chart.points[0]?.bandUs).toEqual([900, 1_300]);
    expect(chart.best?.rows).toBe(4);
    expect(chart.sloUs).toBeNull();
  });

  it('names no sizes that would overprint each other', () => {
    expect(costChart(curve, null).ticks).toEqual([1, 4, 16]);
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 24, 32];
    const points = sizes.map((rows) => point(rows, rows * 1_000));
    expect(costChart(curveOf(points, 32), null).ticks).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it('has the best size on the curve when it lies between two measured ones', () => {
    const between = costChart({ ...curve, bestRows: 10 }, null).best;
    expect(between).toMatchObject({ rows: 10, runs: 0 });
    expect(between?.meanUs).toBeCloseTo(1_900 + (5 / 11) * 7_100);
    expect(costSummary({ ...curve, bestRows: 10 }, null)).toContain('; 10 rows 5.13 ms (');
    expect(pointAt(curve, 17)).toBeNull();
  });

  it('draws the SLO unless it is so far up that the curve would be flat', () => {
    expect(costChart(curve, 20)).toMatchObject({ sloUs: 20_000, topUs: 30_000 });
    expect(costChart(curve, 500).sloUs).toBeNull();
  });

  it('ends above all that it draws, whatever that is', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 1e7, noNaN: true }), (meanUs) => {
        const { topUs } = costChart(curveOf([point(1, meanUs)], 1), null);
        expect(topUs).toBeGreaterThan(meanUs * 1.3);
        expect(topUs).toBeLessThan(Math.max(1, meanUs * 1.3) * 2.2);
      }),
    );
  });

  it('is told in words: its ends, the best size and the SLO', () => {
    const told = costSummary(curve, 20);
    expect(told).toContain('1 row 1 ms (900 µs to 1.3 ms); 4 rows 1.6 ms');
    expect(told).toContain('16 rows 9 ms');
    expect(told).toContain('best size 4; SLO 20 ms');
  });
});
