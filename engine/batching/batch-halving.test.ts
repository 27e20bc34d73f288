import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { EngineError } from '../base';
import { buildRequest, FakeClock, FakeRunner, floatsOf, flushPromises, fp32 } from '../testing';
import type { BatchPolicy } from './batch-policy';
import { DynamicBatcher } from './dynamic-batcher';

const POLICY: BatchPolicy = {
  maxBatchSize: 16,
  preferredBatchSizes: [16],
  maxQueueDelayUs: 1000,
  maxQueueSize: 100,
  unbatched: false,
};

let clock: FakeClock;
let runner: FakeRunner;
let limits: [rowLimit: number, failedRows: number | null][];
beforeEach(() => {
  clock = new FakeClock();
  runner = new FakeRunner();
  limits = [];
});

function batcherWith(more: Partial<BatchPolicy> = {}): DynamicBatcher {
  let id = 0;
  const ignore = () => undefined;
  const batcher = new DynamicBatcher({
    model: 'm',
    version: '1',
    clock,
    runner,
    policy: { ...POLICY, ...more },
    nextBatchId: () => ++id,
    observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
    onRowLimit: (rowLimit, failedRows) => limits.push([rowLimit, failedRows]),
  });
  runner.onIdle = () => batcher.instancesChanged();
  return batcher;
}

const rowsOf = (at: number): number => runner.batches[at]?.inputs[0]?.shape[0] ?? 0;

/** A device into which batches of so many rows fit: runs all there are, and those that come of it. */
async function runAll(fittingRows: number, from = 0): Promise<readonly number[]> {
  let at = from;
  await clock.advance(1000);
  for (; at < runner.batches.length; at++) {
    if (rowsOf(at) <= fittingRows) runner.batches[at]?.finish();
    else runner.batches[at]?.fail('no memory', 'OUT_OF_MEMORY');
    await clock.advance(1000);
  }
  return runner.batches.slice(from).map((_, i) => rowsOf(from + i));
}

function send(batcher: DynamicBatcher, value: number, rows = 1) {
  const values = Array.from({ length: rows }, (_, i) => value * 100 + i);
  return batcher.submit(buildRequest([fp32('x', [rows, 1], values)]), rows, '');
}

test('a batch that does not fit is run in halves, each request gets its own rows, and later batches stay below', async () => {
  const batcher = batcherWith();
  const first = Array.from({ length: 16 }, (_, i) => send(batcher, i));
  expect(await runAll(4)).toEqual([16, 8, 8, 4, 4, 4, 4]);
  expect((await Promise.all(first)).map(({ outputs }) => floatsOf(outputs[0]))).toEqual(
    first.map((_, i) => [i * 100]),
  );
  expect(limits).toEqual([
    [8, 16],
    [4, 8],
  ]);
  const later = Array.from({ length: 10 }, (_, i) => send(batcher, i));
  expect(await runAll(4, 7)).toEqual([4, 4, 2]);
  await Promise.all(later);
  batcher.setPolicy(POLICY);
  const lifted = Array.from({ length: 10 }, (_, i) => send(batcher, i));
  expect(await runAll(16, 10)).toEqual([10]);
  await Promise.all(lifted);
});

test('a request that does not fit alone fails with its own error, and those beside it are answered', async () => {
  const batcher = batcherWith();
  const answers = [send(batcher, 1), send(batcher, 2, 6), send(batcher, 3)].map((one) =>
    one.then(
      () => 'answered',
      (error: EngineError) => `${error.code}: ${error.message}`,
    ),
  );
  await runAll(3);
  expect(await Promise.all(answers)).toEqual([
    'answered',
    expect.stringMatching(/^OUT_OF_MEMORY: no memory \(batch \d+, 6 rows\)$/),
    'answered',
  ]);
});

test('halves go before what waits, and only when an instance is free', async () => {
  const batcher = batcherWith({ maxBatchSize: 2, preferredBatchSizes: [2] });
  const all = [1, 2, 3].map((value) => send(batcher, value));
  await clock.advance(1000);
  runner.batches[0]?.fail('no memory', 'OUT_OF_MEMORY');
  await flushPromises();
  expect(batcher.inFlight).toBe(2);
  expect(batcher.queueLength).toBe(1);
  await runAll(1, 1);
  const ran = runner.batches.map(({ inputs }) => floatsOf(inputs[0]));
  expect(ran).toEqual([[100, 200], [100], [200], [300]]);
  const answers = await Promise.all(all);
  expect(answers.map(({ outputs }) => floatsOf(outputs[0])[0])).toEqual([100, 200, 300]);
});

test('halves that wait are answered when the batcher drains, and fail when it is aborted', async () => {
  const outcome = async (end: 'drain' | 'abort') => {
    runner = new FakeRunner();
    const batcher = batcherWith();
    const all = Array.from({ length: 4 }, (_, i) =>
      send(batcher, i).catch((error: EngineError) => error.code),
    );
    await clock.advance(1000);
    runner.batches[0]?.fail('no memory', 'OUT_OF_MEMORY');
    const closed = Object.assign(new Error('going'), { code: 'MODEL_NOT_READY' }) as EngineError;
    if (end === 'abort') batcher.abort(closed);
    const drained = batcher.drain(closed);
    await runAll(2, 1);
    await drained;
    return (await Promise.all(all)).map((answer) => (typeof answer === 'string' ? answer : 'answered'));
  };
  expect(await outcome('drain')).toEqual(Array(4).fill('answered'));
  // One half ran already.
  expect(await outcome('abort')).toEqual(['answered', 'answered', 'MODEL_NOT_READY', 'MODEL_NOT_READY']);
});

test('allowed sizes are kept to while one fits', async () => {
  const sizes = { maxBatchSize: 8, preferredBatchSizes: [8], allowedBatchSizes: [2, 4, 8] };
  const batcher = batcherWith(sizes);
  const all = Array.from({ length: 7 }, (_, i) => send(batcher, i));
  expect(await runAll(4)).toEqual([8, 4, 4]);
  await Promise.all(all);
  const later = Array.from({ length: 7 }, (_, i) => send(batcher, i));
  expect((await runAll(4, 3)).every((rows) => rows === 2 || rows === 4)).toBe(true);
  await Promise.all(later);
});

test('rows between two allowed sizes are padded to the larger one, also when that did not fit', async () => {
  const batcher = batcherWith({ maxBatchSize: 16, preferredBatchSizes: [16], allowedBatchSizes: [2, 16] });
  const answers = [1, 3, 1, 3].map((rows, i) =>
    send(batcher, i, rows).catch((error: EngineError) => error.code),
  );
  const ran = await runAll(2);
  expect(new Set(ran)).toEqual(new Set([2, 16]));
  const ends = await Promise.all(answers);
  expect(ends.map((end) => (typeof end === 'string' ? end : 'answered'))).toEqual([
    'answered',
    'OUT_OF_MEMORY',
    'answered',
    'OUT_OF_MEMORY',
  ]);
  const later = [1, 1, 1].map((rows, i) => send(batcher, i, rows));
  expect(await runAll(2, ran.length)).toEqual([2, 2]);
  await Promise.all(later);
});

test.each([
  ['batching is off', { unbatched: true }, [1, 1, 1, 1, 1, 1, 1, 1]],
  ['batches are smaller', { maxBatchSize: 2, preferredBatchSizes: [2] }, [2, 2, 2, 2]],
])('halves keep to the settings of now: %s', async (_, change, sizes) => {
  const batcher = batcherWith();
  const all = Array.from({ length: 8 }, (_unused, i) => send(batcher, i));
  await clock.advance(1000);
  batcher.setPolicy({ ...POLICY, ...change });
  runner.batches[0]?.fail('no memory', 'OUT_OF_MEMORY');
  expect(await runAll(8, 1)).toEqual(sizes);
  const answers = await Promise.all(all);
  expect(answers.map(({ outputs }) => floatsOf(outputs[0]))).toEqual(all.map((_unused, i) => [i * 100]));
});

test('whatever fits, every request ends exactly once, with at most twice as many runs as requests', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 16 }),
      fc.integer({ min: 1, max: 16 }),
      async (sizes, fittingRows) => {
        clock = new FakeClock();
        runner = new FakeRunner();
        const batcher = batcherWith();
        const ends = sizes.map(() => 0);
        sizes.forEach((rows, i) => {
          const end = () => {
            ends[i] = (ends[i] ?? 0) + 1;
          };
          batcher.enqueue(buildRequest([fp32('x', [rows, 1], Array(rows).fill(i))]), rows, '', {
            resolve: (result) => {
              end();
              expect(rows).toBeLessThanOrEqual(fittingRows);
              expect(floatsOf(result.outputs[0])).toEqual(Array(rows).fill(i));
            },
            reject: (error) => {
              end();
              expect(error.code).toBe('OUT_OF_MEMORY');
              expect(rows).toBeGreaterThan(fittingRows);
            },
          });
        });
        const runs = await runAll(fittingRows);
        expect(ends).toEqual(sizes.map(() => 1));
        expect(runs.length).toBeLessThanOrEqual(2 * sizes.length);
        expect(batcher.inFlight).toBe(0);
      },
    ),
    { numRuns: 60 },
  ));

test('after a minute one batch alone may be larger; what fits is the limit then, and a trial that does not fit loses nothing', async () => {
  const batcher = batcherWith();
  const sendMany = (count: number) => Array.from({ length: count }, (_, i) => send(batcher, i));
  const all = sendMany(16);
  expect(await runAll(4)).toEqual([16, 8, 8, 4, 4, 4, 4]);
  await clock.advance(60e6);
  // Memory is still short: the trial's requests are answered in halves, and the next trial comes later.
  let from = runner.batches.length;
  all.push(...sendMany(16));
  expect(await runAll(4, from)).toEqual([8, 4, 4, 4, 4]);
  await clock.advance(60e6);
  from = runner.batches.length;
  all.push(...sendMany(8));
  expect(await runAll(4, from)).toEqual([4, 4]);
  await clock.advance(60e6);
  // It is there again. What comes next is planned when the instance is back, before it is known how the trial went.
  from = runner.batches.length;
  all.push(...sendMany(16));
  expect(await runAll(16, from)).toEqual([8, 4, 4]);
  await clock.advance(60e6);
  from = runner.batches.length;
  all.push(...sendMany(32));
  expect(await runAll(16, from)).toEqual([16, 8, 8]);
  expect(limits.slice(-3)).toEqual([
    [4, 8],
    [8, null],
    [Number.POSITIVE_INFINITY, null],
  ]);
  await Promise.all(all);
});
