import { describe, expect, test } from 'vitest';
import type { MetricsSample, ModelCounters } from '../../../engine/contract';
import type { DevicePoint } from '../../stores';
import { batchSizesIn, pointsOf } from './chart-points';

const reading = (atMs: number, utilization: number): DevicePoint => ({
  atMs,
  utilization,
  busyShare: null,
  memoryUsedBytes: null,
  memoryTotalBytes: null,
});

describe('pointsOf', () => {
  const span = { fromMs: 0, toMs: 60_000 };

  test('tells times as seconds before the end of the window', () => {
    const points = pointsOf([reading(59_500, 0.4), reading(60_000, 0.6)], span, (point) => [
      point.utilization,
    ]);
    expect(points).toEqual([
      { secondsAgo: -0.5, values: [0.4] },
      { secondsAgo: 0, values: [0.6] },
    ]);
  });

  test('opens a line where samples are missing', () => {
    const points = pointsOf([reading(10_000, 0.4), reading(30_000, 0.6)], span, (point) => [
      point.utilization,
    ]);
    expect(points.map((point) => point.values[0])).toEqual([0.4, null, 0.6]);
  });

  test('has at most 240 points', () => {
    const many = Array.from({ length: 1_800 }, (_, i) => reading(i * 500, i));
    const points = pointsOf(many, { fromMs: 0, toMs: 900_000 }, (point) => [point.utilization]);
    expect(points.length).toBeLessThanOrEqual(240);
  });
});

test('batch sizes are those of the window alone, and of all after a restart', () => {
  const at = (atMs: number, batchSizes: ModelCounters['batchSizes']) =>
    ({ atMs, models: [{ name: 'a', batchSizes }] }) as unknown as MetricsSample;
  const samples = [
    at(0, [[1, 100]]),
    at(1_000, [
      [1, 100],
      [8, 5],
    ]),
    at(2_000, [
      [1, 101],
      [8, 9],
    ]),
  ];
  expect(batchSizesIn(samples, 500, 'a')).toEqual([
    [1, 1],
    [8, 4],
  ]);
  expect(batchSizesIn([at(0, [[1, 100]]), at(1_000, [[1, 3]])], 0, null)).toEqual([[1, 3]]);
});
