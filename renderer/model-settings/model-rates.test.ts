import { describe, expect, it } from 'vitest';
import { bucketIndexOf, EMPTY_HISTOGRAM, type MetricsSample, type ModelCounters } from '../../engine/contract';
import { modelRates } from './model-rates';

function sample(second: number, requests: number, batches: number): MetricsSample {
  const counters: Partial<ModelCounters> = {
    name: 'm',
    requestsOk: requests,
    inferenceCount: requests,
    executionCount: batches,
    latency:
      requests === 0
        ? EMPTY_HISTOGRAM
        : { indexes: [bucketIndexOf(10_000)], counts: [requests], count: requests, sumUs: requests * 10_000 },
  };
  return {
    atMs: second * 1_000,
    monotonicUs: second * 1e6,
    models: [counters as ModelCounters],
    devices: [],
    process: { rssBytes: 0, eventLoopBusyShare: 0 },
  };
}

describe('model rates', () => {
  it('come from the last three seconds, not from the whole past', () => {
    const samples = [sample(0, 0, 0), sample(10, 10_000, 10_000), sample(13, 10_300, 10_020)];
    expect(modelRates(samples, 'm')).toMatchObject({ requestsPerSecond: 100, meanBatchSize: 15 });
  });

  it('have no mean batch and no latency while nothing runs', () => {
    expect(modelRates([sample(0, 5, 5), sample(3, 5, 5)], 'm')).toEqual({
      requestsPerSecond: 0,
      meanBatchSize: null,
      p95Ms: null,
    });
  });

  it('give the percentile of what was answered in that time', () => {
    const p95Ms = modelRates([sample(0, 0, 0), sample(3, 300, 20)], 'm')?.p95Ms ?? 0;
    expect(Math.abs(p95Ms - 10)).toBeLessThan(1);
  });

  it('are unknown for one sample, an unknown model, or counters of a restarted engine', () => {
    expect(modelRates([], 'm')).toBeNull();
    expect(modelRates([sample(0, 1, 1)], 'm')).toBeNull();
    expect(modelRates([sample(0, 1, 1), sample(1, 2, 2)], 'other')).toBeNull();
    expect(modelRates([sample(0, 900, 9), sample(3, 5, 1)], 'm')).toBeNull();
  });
});
