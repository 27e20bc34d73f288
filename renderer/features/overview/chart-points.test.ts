import { describe, expect, test } from 'vitest';
import {
  CHANGE_KINDS,
  type ChangeMark,
  type MetricsSample,
  type ModelCounters,
} from '../../../engine/contract';
import type { DevicePoint } from '../../stores';
import { kindsOf } from './change-kinds';
import { batchSizesIn, marksOf, pointsOf } from './chart-points';

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

describe('marksOf', () => {
  const mark = (id: number, atMs: number, model: string | null, text: string): ChangeMark => ({
    id,
    atMs,
    model,
    kind: 'settings',
    text,
  });
  const live = (marks: readonly ChangeMark[]) => ({
    samples: [],
    marks,
    fromMs: 1_000,
    toMs: 61_000,
    windowMinutes: 1 as const,
  });

  test('are those inside the window, of the chosen model and of the engine', () => {
    const marks = [
      mark(1, 500, 'a', 'old'),
      mark(2, 31_000, 'a', 'size 1 -> 16'),
      mark(3, 32_000, 'b', 'off'),
      mark(4, 33_000, null, 'started'),
    ];
    expect(marksOf(live(marks), 'a')).toEqual([
      { id: 2, secondsAgo: -30, letter: 'S', text: 'size 1 -> 16' },
      { id: 4, secondsAgo: -28, letter: 'S', text: 'started' },
    ]);
  });

  test('carry a letter of their kind, another one for each', () => {
    const kinds = CHANGE_KINDS.map((kind, id) => ({ ...mark(id, 31_000, 'a', kind), kind }));
    const letters = marksOf(live(kinds), 'a').map(({ letter }) => letter);
    expect(new Set(letters).size).toBe(CHANGE_KINDS.length);
    expect(kindsOf(new Set(letters)).map(([letter]) => letter)).toEqual(letters);
  });

  test('name the model when all are shown', () => {
    expect(marksOf(live([mark(2, 31_000, 'a', 'size 1 -> 16')]), null)[0]?.text).toBe('a: size 1 -> 16');
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
