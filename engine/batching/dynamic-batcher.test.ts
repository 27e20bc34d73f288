import { beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../base';
import type { InferenceResult } from '../inference';
import {
  buildRequest,
  FakeClock,
  FakeRunner,
  floatsOf,
  flushPromises,
  fp32,
  TestCancelSignal,
} from '../testing';
import type { Batch } from './batch';
import type { BatchPolicy } from './batch-policy';
import { DynamicBatcher } from './dynamic-batcher';
import type { Predictor } from './predictor';

const POLICY: BatchPolicy = {
  maxBatchSize: 4,
  preferredBatchSizes: [4],
  maxQueueDelayUs: 1000,
  maxQueueSize: 10,
  unbatched: false,
};

let clock: FakeClock;
let runner: FakeRunner;
let batches: Batch[];
let failures: EngineError[];
let waitsUs: (number | null)[];

function batcherWith(more: Partial<BatchPolicy> = {}, predictor?: Predictor): DynamicBatcher {
  let id = 0;
  const batcher = new DynamicBatcher({
    model: 'm',
    version: '1',
    clock,
    runner,
    policy: { ...POLICY, ...more },
    ...(predictor && { predictor }),
    nextBatchId: () => ++id,
    observer: {
      batchDone: (batch) => batches.push(batch),
      batchFailed: (batch) => batches.push(batch),
      requestDone: () => undefined,
      requestFailed: (error, waitedUs) => {
        failures.push(error);
        waitsUs.push(waitedUs);
      },
    },
  });
  runner.onIdle = () => batcher.instancesChanged();
  return batcher;
}

const one = (value: number) => buildRequest([fp32('x', [1, 2], [value, value + 0.5])]);
const send = (batcher: DynamicBatcher, value: number) => batcher.submit(one(value), 1, '');

beforeEach(() => {
  clock = new FakeClock();
  runner = new FakeRunner();
  batches = [];
  failures = [];
  waitsUs = [];
});

describe('DynamicBatcher', () => {
  test('packs requests into one batch and gives each its own rows back', async () => {
    const batcher = batcherWith();
    const results = [1, 2, 3, 4].map((value) => send(batcher, value));
    await clock.advance(0);
    expect(runner.batches).toHaveLength(1);
    expect(runner.batches[0]?.inputs[0]?.shape).toEqual([4, 2]);
    runner.batches[0]?.finish();
    const answers = await Promise.all(results);
    expect(answers.map((answer) => floatsOf(answer.outputs[0]))).toEqual([
      [1, 1.5],
      [2, 2.5],
      [3, 3.5],
      [4, 4.5],
    ]);
    expect(answers[0]?.batch).toEqual({ id: 1, rows: 4, reason: 'full' });
  });

  test('a lone request leaves when its delay is up, to the microsecond', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 250 });
    void send(batcher, 1);
    await clock.advance(249);
    expect(runner.batches).toHaveLength(0);
    await clock.advance(1);
    expect(runner.batches).toHaveLength(1);
    runner.batches[0]?.finish();
    await flushPromises();
    expect(batches[0]).toMatchObject({ reason: 'delay', oldestQueueUs: 250 });
  });

  test('a batch says how long its oldest request waited, and what it was expected to take with its padding', async () => {
    const ignore = () => undefined;
    const predictor: Predictor = {
      ...{ forecast: null, sloUs: Number.POSITIVE_INFINITY, admit: () => null, requestArrived: ignore },
      ...{ batchStarted: ignore, batchEnded: ignore, predictUs: (rows) => 1000 * rows },
    };
    const batcher = batcherWith({ maxQueueDelayUs: 250, allowedBatchSizes: [4] }, predictor);
    for (const value of [1, 2, 3]) {
      void send(batcher, value);
      await clock.advance(100);
    }
    runner.batches[0]?.finish();
    expect(batches[0]).toMatchObject({ oldestQueueUs: 250, rows: 3, paddedRows: 1, predictedUs: 4000 });
  });

  test('a burst that arrives in one turn of the loop becomes full batches even without a delay', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 0 });
    runner.idleCount = 2;
    for (let value = 0; value < 8; value++) void send(batcher, value);
    await clock.advance(0);
    expect(runner.batches.map((batch) => batch.inputs[0]?.shape[0])).toEqual([4, 4]);
  });

  test('requests of different inner shapes do not share a batch', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 0 });
    runner.idleCount = 5;
    void batcher.submit(buildRequest([fp32('x', [1, 2])]), 1, '2');
    void batcher.submit(buildRequest([fp32('x', [1, 3])]), 1, '3');
    void batcher.submit(buildRequest([fp32('x', [1, 2])]), 1, '2');
    await clock.advance(0);
    expect(runner.batches.map((batch) => batch.inputs[0]?.shape)).toEqual([
      [2, 2],
      [1, 3],
    ]);
  });

  test('a full queue refuses at once, with a time to retry after', async () => {
    const batcher = batcherWith({ maxQueueSize: 2 });
    runner.idleCount = 0;
    void send(batcher, 1);
    void send(batcher, 2);
    await expect(send(batcher, 3)).rejects.toMatchObject({ code: 'QUEUE_FULL', retryAfterSeconds: 1 });
    expect(batcher.queueLength).toBe(2);
    expect(waitsUs).toEqual([null]);
  });

  test('a request that leaves may leave a preferred size behind, which departs at once', async () => {
    const batcher = batcherWith({ maxBatchSize: 8, preferredBatchSizes: [2, 8] });
    const signal = new TestCancelSignal();
    const long = buildRequest([fp32('x', [3, 2], [1, 1, 1, 1, 1, 1])], { signal });
    const left = expect(batcher.submit(long, 3, '')).rejects.toMatchObject({ code: 'CANCELLED' });
    void send(batcher, 1);
    void send(batcher, 2);
    await clock.advance(100);
    expect(runner.batches).toHaveLength(0);
    signal.cancel();
    await left;
    await clock.advance(0);
    expect(runner.batches.map((batch) => batch.inputs[0]?.shape[0])).toEqual([2]);
  });

  test('a cancelled request leaves the queue, is counted, and its place is free again', async () => {
    const batcher = batcherWith();
    const signal = new TestCancelSignal();
    const gone = batcher.submit({ ...one(1), signal }, 1, '');
    const stays = send(batcher, 2);
    await clock.advance(250);
    signal.cancel();
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(failures.map((failure) => failure.code)).toEqual(['CANCELLED']);
    expect(waitsUs).toEqual([250]);
    await clock.advance(1000);
    runner.batches[0]?.finish();
    expect(floatsOf((await stays).outputs[0])).toEqual([2, 2.5]);
  });

  test('a failed batch fails each of its requests with an error of its own that names the batch', async () => {
    const batcher = batcherWith();
    const results = [1, 2].map((value) => send(batcher, value).catch((error: unknown) => error));
    await clock.advance(1000);
    runner.batches[0]?.fail('the thread died');
    const [first, second] = await Promise.all(results);
    expect(first).not.toBe(second);
    expect(first).toMatchObject({ code: 'INSTANCE_LOST', message: 'the thread died (batch 1, 2 rows)' });
  });

  test('settings change what waits already: a smaller size sends at once', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 1e6 });
    void send(batcher, 1);
    void send(batcher, 2);
    await clock.advance(100);
    expect(runner.batches).toHaveLength(0);
    batcher.setPolicy({ ...POLICY, maxBatchSize: 2, preferredBatchSizes: [2], maxQueueDelayUs: 1e6 });
    await clock.advance(0);
    expect(runner.batches).toHaveLength(1);
  });

  test('a shorter delay takes effect on requests that wait', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 1e6 });
    void send(batcher, 1);
    await clock.advance(500);
    batcher.setPolicy({ ...POLICY, maxQueueDelayUs: 600 });
    await clock.advance(99);
    expect(runner.batches).toHaveLength(0);
    await clock.advance(1);
    expect(runner.batches).toHaveLength(1);
  });

  test('drain answers what waits, refuses what comes, and ends when all is out', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 1e6 });
    const waiting = send(batcher, 1);
    const drained = batcher.drain(new EngineError('MODEL_NOT_READY', 'unloading'));
    await expect(send(batcher, 2)).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    runner.batches[0]?.finish();
    expect(floatsOf((await waiting).outputs[0])).toEqual([1, 1.5]);
    await drained;
  });

  test('an output that lost its batch dimension fails the batch instead of handing out wrong rows', async () => {
    const batcher = batcherWith();
    const results = [1, 2].map((value) => send(batcher, value));
    const settled = Promise.allSettled(results);
    await clock.advance(1000);
    runner.batches[0]?.finish([fp32('y', [1, 2])]);
    for (const result of await settled)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'BACKEND_FAILED' } });
  });

  test('asks the device only for outputs that somebody wants', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 0 });
    const wants = (name: string) => ({
      ...one(1),
      outputs: [{ name, binary: true, classificationCount: 0 }],
    });
    void batcher.submit(wants('a'), 1, '');
    void batcher.submit(wants('b'), 1, '');
    await clock.advance(0);
    expect(runner.batches[0]?.outputNames).toEqual(['a', 'b']);
  });

  test('every request ends exactly once, whatever order batches end in', async () => {
    const batcher = batcherWith({ maxQueueDelayUs: 0, maxQueueSize: 1000 });
    runner.idleCount = 3;
    const answers: Promise<InferenceResult>[] = [];
    for (let value = 0; value < 50; value++) answers.push(send(batcher, value));
    const all = Promise.all(answers);
    await clock.advance(0);
    for (let done = 0; done < runner.batches.length; done++) {
      const order = done % 2 === 0 ? done : runner.batches.length - 1;
      runner.batches[order]?.finish();
      runner.batches[done]?.finish();
      await clock.advance(0);
    }
    expect((await all).map((answer) => floatsOf(answer.outputs[0])[0])).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});
