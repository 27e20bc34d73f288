import { beforeEach, describe, expect, test } from 'vitest';
import type { MetricsSample } from '../../engine/contract';
import { addSamples, metricsStore } from './metrics';

const sample = (atMs: number, monotonicUs = atMs * 1_000): MetricsSample => ({
  atMs,
  monotonicUs,
  models: [],
  devices: [],
  process: { rssBytes: 0, eventLoopBusyShare: 0 },
});

const times = () => metricsStore.getState().samples.map((kept) => kept.atMs);

describe('samples', () => {
  beforeEach(() => metricsStore.setState({ samples: [] }));

  test('are not doubled by the history that comes again with a new connection', () => {
    addSamples([sample(500), sample(1_000)]);
    addSamples([sample(500), sample(1_000), sample(1_500)]);
    expect(times()).toEqual([500, 1_000, 1_500]);
  });

  test('are kept for a quarter of an hour', () => {
    addSamples(Array.from({ length: 2_000 }, (_, i) => sample((i + 1) * 500)));
    expect(times()).toHaveLength(1_800);
    expect(times().at(-1)).toBe(1_000_000);
  });

  test('begin anew when the clock of the engine was set back', () => {
    addSamples([sample(3_600_000, 1e6)]);
    addSamples([sample(1_000, 2e6)]);
    expect(times()).toEqual([1_000]);
  });

  test('of a restarted engine follow those of the old one', () => {
    addSamples([sample(10_000, 9e9)]);
    addSamples([sample(14_000, 1e6)]);
    expect(times()).toEqual([10_000, 14_000]);
  });
});
