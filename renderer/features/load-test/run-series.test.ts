import { describe, expect, it } from 'vitest';
import type { LoadTestPoint } from '../../../engine/contract';
import { chartPoints, MAX_POINTS, timeTicks } from './run-series';

const point = (second: number, extra: Partial<LoadTestPoint> = {}): LoadTestPoint => ({
  atMs: second * 1_000,
  offeredPerSecond: 10,
  succeededPerSecond: 10,
  errorsPerSecond: 0,
  p50Ms: 5,
  p99Ms: 9,
  ...extra,
});

describe('run series', () => {
  it('keeps a short run as it is, warm-up with negative time included', () => {
    expect(chartPoints([point(-1), point(0)]).map((p) => p.atS)).toEqual([-1, 0]);
  });

  it('puts the points of a long run together without losing a latency peak', () => {
    const points = Array.from({ length: 3_000 }, (_, i) => point(i, i === 1_234 ? { p99Ms: 900 } : {}));
    const series = chartPoints(points);
    expect(series.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(Math.max(...series.map((p) => p.p99Ms ?? 0))).toBe(900);
    expect(series.every((p) => p.succeeded === 10)).toBe(true);
  });

  it('does not invent a latency where none was measured', () => {
    expect(chartPoints([point(0, { p50Ms: null, p99Ms: null })])[0]).toMatchObject({
      p50Ms: null,
      p99Ms: null,
    });
  });
});

describe('time ticks', () => {
  it('are whole steps over the whole run', () => {
    expect(timeTicks(-2, 20)).toEqual([0, 5, 10, 15, 20]);
    expect(timeTicks(0, 5)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are never more than nine, for a second or for a day', () => {
    for (const to of [1, 7, 59, 600, 86_400]) expect(timeTicks(0, to).length).toBeLessThanOrEqual(9);
  });
});
