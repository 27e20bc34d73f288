import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchRecord } from '../contract';
import { ModelStats } from './model-stats';
import { VersionStats } from './version-stats';

const durationUs = fc.double({ min: 0, max: 1e7, noNaN: true });
const batchArbitrary = fc.record({
  rowsPerRequest: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }),
  queueUs: durationUs,
  computeInputUs: durationUs,
  computeInferUs: durationUs,
  computeOutputUs: durationUs,
});
type Run = typeof batchArbitrary extends fc.Arbitrary<infer T> ? T : never;

const recordOf = (batch: Run, more: Partial<BatchRecord> = {}): BatchRecord => ({
  id: 1,
  atMs: 1000,
  model: 'm',
  version: '1',
  instance: 'm/1#0',
  rows: batch.rowsPerRequest.reduce((sum, rows) => sum + rows, 0),
  requests: batch.rowsPerRequest.length,
  reason: 'full',
  oldestQueueUs: batch.queueUs,
  computeInputUs: batch.computeInputUs,
  computeInferUs: batch.computeInferUs,
  computeOutputUs: batch.computeOutputUs,
  predictedUs: null,
  paddedRows: 0,
  error: null,
  ...more,
});

function run(stats: VersionStats, batch: Run): void {
  const { queueUs, computeInputUs, computeInferUs, computeOutputUs } = batch;
  stats.recordBatch(recordOf(batch), computeInferUs);
  const totalUs = queueUs + computeInputUs + computeInferUs + computeOutputUs;
  for (const _ of batch.rowsPerRequest)
    stats.recordRequest({ queueUs, computeInputUs, computeInferUs, computeOutputUs, totalUs });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('statistics of a version', () => {
  test('charge every request with its whole batch, count batches once per execution, and are whole numbers', () => {
    fc.assert(
      fc.property(fc.array(batchArbitrary, { maxLength: 12 }), (batches) => {
        const stats = new VersionStats('1', null);
        for (const batch of batches) run(stats, batch);
        const seen = stats.statistics('m');
        const requests = sum(batches.map((batch) => batch.rowsPerRequest.length));
        const rows = sum(batches.flatMap((batch) => batch.rowsPerRequest));
        expect(seen).toMatchObject({ inferenceCount: rows, executionCount: batches.length });
        const { success, queue, computeInput, computeInfer, computeOutput } = seen;
        const parts = [success, queue, computeInput, computeInfer, computeOutput];
        expect(parts.map(({ count }) => count)).toEqual(parts.map(() => requests));
        const charged = sum(batches.map((batch) => batch.computeInferUs * batch.rowsPerRequest.length));
        expect(Math.abs(computeInfer.ns - charged * 1000)).toBeLessThan(1 + charged * 1e-9);
        expect(sum(seen.batches.map((size) => size.computeInfer.count))).toBe(batches.length);
        expect(sum(seen.batches.map((size) => size.batchSize * size.computeInfer.count))).toBe(rows);
        const sizes = seen.batches.map((size) => size.batchSize);
        expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
        const all = seen.batches.flatMap((size) => [
          size.computeInput,
          size.computeInfer,
          size.computeOutput,
        ]);
        for (const { count, ns } of [...parts, ...all]) {
          expect(Number.isInteger(count)).toBe(true);
          expect(Number.isInteger(ns) && ns >= 0).toBe(true);
        }
      }),
    );
  });

  test('never go back while something is recorded', () => {
    fc.assert(
      fc.property(fc.array(batchArbitrary, { minLength: 1, maxLength: 12 }), (batches) => {
        const stats = new VersionStats('1', null);
        let before = stats.statistics('m');
        for (const batch of batches) {
          run(stats, batch);
          const now = stats.statistics('m');
          for (const part of ['success', 'queue', 'computeInput', 'computeInfer', 'computeOutput'] as const)
            expect(now[part].ns).toBeGreaterThanOrEqual(before[part].ns);
          before = now;
        }
      }),
    );
  });

  test('count as failed only what the queue had taken, with the time until the failure', () => {
    const stats = new VersionStats('1', null);
    stats.recordFailure('INVALID_ARGUMENT', null);
    stats.recordFailure('QUEUE_FULL', null);
    stats.recordFailure('CANCELLED', 1500);
    stats.recordFailure('BACKEND_FAILED', 0.25);
    expect(stats.statistics('m').fail).toEqual({ count: 2, ns: 1_500_250 });
    expect(stats.counters().requestsFailed).toEqual({
      INVALID_ARGUMENT: 1,
      QUEUE_FULL: 1,
      CANCELLED: 1,
      BACKEND_FAILED: 1,
    });
  });

  test('leave a batch that failed out of the executions', () => {
    const stats = new VersionStats('1', null);
    const batch = {
      rowsPerRequest: [1],
      queueUs: 1,
      computeInputUs: 0,
      computeInferUs: 0,
      computeOutputUs: 0,
    };
    stats.recordBatch(recordOf(batch, { error: 'the device is gone' }), 0);
    expect(stats.statistics('m')).toMatchObject({
      lastInferenceMs: 0,
      inferenceCount: 0,
      executionCount: 0,
      batches: [],
    });
  });
});

describe('statistics of a model', () => {
  const gauges = { queueLength: 0, inFlight: 0, instances: 1 };
  const batch = {
    rowsPerRequest: [2, 1],
    queueUs: 5,
    computeInputUs: 1,
    computeInferUs: 20,
    computeOutputUs: 3,
  };

  test('go on over reloads, while those of the loaded version start from zero', () => {
    const model = new ModelStats('m', null);
    const first = model.beginVersion('1');
    run(first, batch);
    first.recordFailure('CANCELLED', 7);
    const second = model.beginVersion('1');
    run(second, batch);
    model.endVersion(first);
    model.endVersion(first);
    model.recordFailure('MODEL_NOT_READY');
    expect(second.statistics('m')).toMatchObject({
      inferenceCount: 3,
      success: { count: 2 },
      fail: { count: 0 },
    });
    expect(model.snapshot(gauges)).toMatchObject({
      name: 'm',
      requestsOk: 4,
      requestsFailed: { CANCELLED: 1, MODEL_NOT_READY: 1 },
      inferenceCount: 6,
      executionCount: 2,
      batchSizes: [[3, 2]],
      departures: { full: 2 },
      busyUs: 40,
      queueUs: 20,
      computeInputUs: 2,
      computeInferUs: 40,
      computeOutputUs: 6,
      latency: { count: 4, sumUs: 4 * 29 },
      instances: 1,
    });
    expect(model.recentBatches()).toHaveLength(2);
  });
});
