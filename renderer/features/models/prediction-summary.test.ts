import { describe, expect, it } from 'vitest';
import { batchRecord } from './batch-record.fixture';
import { ratioOf, summarizePredictions } from './prediction-summary';

const took = (measuredUs: number, predictedUs: number | null, error: string | null = null) =>
  batchRecord({
    computeInputUs: 100,
    computeInferUs: measuredUs - 150,
    computeOutputUs: 50,
    predictedUs,
    error,
  });

describe('predictions', () => {
  it('are compared with the whole time on the instance', () => {
    expect(ratioOf(took(2_000, 1_000))).toBe(2);
  });

  it('say nothing of a batch that was not predicted, was predicted to take no time, or failed', () => {
    expect([took(500, null), took(500, 0), took(500, 500, 'BACKEND_FAILED')].map(ratioOf)).toEqual([
      null,
      null,
      null,
    ]);
    expect(summarizePredictions([took(500, null)])).toEqual({
      batches: [],
      medianRatio: null,
      withinFifth: null,
    });
  });

  it('are summed up by the median and by how many were near', () => {
    const summary = summarizePredictions([
      took(1_100, 1_000),
      took(900, 1_000),
      took(5_000, 1_000),
      took(700, null),
    ]);
    expect(summary).toMatchObject({ medianRatio: 1.1, withinFifth: 2 / 3 });
    expect(summary.batches).toHaveLength(3);
  });
});
