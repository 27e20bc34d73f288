import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyRecorder } from './latency-recorder';

const recorderOf = (values: readonly number[]) => {
  const recorder = new LatencyRecorder();
  for (const value of values) recorder.record(value);
  return recorder;
};

const latencies = fc.array(fc.integer({ min: 0, max: 600_000_000 }), { minLength: 1, maxLength: 300 });

describe('the latency recorder', () => {
  it('gives percentiles within 0.1 % of the true ones', () => {
    fc.assert(
      fc.property(latencies, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const sorted = [...values].sort((a, b) => a - b);
        const trueMs = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length - 1e-9) - 1)]! / 1000;
        const measuredMs = recorderOf(values).percentileMs(percent)!;
        expect(Math.abs(measuredMs - trueMs)).toBeLessThanOrEqual(trueMs * 0.001 + 0.001);
      }),
    );
  });

  it('has the exact maximum and mean', () => {
    expect(recorderOf([1_000, 123_457, 2_500]).summary()).toMatchObject({ maxMs: 123.457, meanMs: 42.319 });
  });

  it('says null, not 0, when nothing was recorded', () => {
    const empty = { p50Ms: null, p90Ms: null, p95Ms: null, p99Ms: null, maxMs: null, meanMs: null };
    expect(new LatencyRecorder().summary()).toEqual(empty);
    const emptied = recorderOf([5, 6]);
    emptied.reset();
    expect(emptied.summary()).toEqual(empty);
  });

  it('takes values outside its range as the nearest one inside', () => {
    expect(recorderOf([-5]).summary().maxMs).toBe(0);
    expect(recorderOf([9e12]).summary().maxMs).toBe(3_600_000);
  });
});
