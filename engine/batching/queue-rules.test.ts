import { beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../base';
import { parseModelConfig, schedulingConfigOf } from '../config';
import type { ParameterValue } from '../inference';
import { buildRequest, FakeClock, FakeRunner, floatsOf, flushPromises, fp32 } from '../testing';
import type { BatchPolicy } from './batch-policy';
import { DynamicBatcher } from './dynamic-batcher';
import { mayReorder } from './queue-policy';

let clock: FakeClock;
let runner: FakeRunner;
let failures: string[];
/** What the clients got, in the order in which they got it: a value, or a code. */
let answers: (number | string)[];

beforeEach(() => {
  clock = new FakeClock();
  runner = new FakeRunner();
  failures = [];
  answers = [];
});

/** @param dynamicBatching fields of the block in config.pbtxt */
function batcherWith(dynamicBatching: string, more: Partial<BatchPolicy> = {}): DynamicBatcher {
  let id = 0;
  const scheduling = schedulingConfigOf(parseModelConfig(`dynamic_batching { ${dynamicBatching} }`));
  const batcher = new DynamicBatcher({
    model: 'm',
    version: '1',
    clock,
    runner,
    nextBatchId: () => ++id,
    policy: {
      maxBatchSize: 4,
      preferredBatchSizes: [4],
      maxQueueDelayUs: 0,
      maxQueueSize: 100,
      unbatched: false,
      scheduling,
      neverAhead: mayReorder(scheduling),
      ...more,
    },
    observer: {
      batchDone: () => undefined,
      batchFailed: () => undefined,
      requestDone: () => undefined,
      requestFailed: (error) => failures.push(error.code),
    },
  });
  runner.onIdle = () => batcher.instancesChanged();
  return batcher;
}

function send(
  batcher: DynamicBatcher,
  value: number,
  parameters: Readonly<Record<string, ParameterValue>> = {},
  lane = '',
): void {
  const request = buildRequest([fp32('x', [1], [value])], {
    parameters: new Map(Object.entries(parameters)),
  });
  batcher.submit(request, 1, lane).then(
    (result) => answers.push(floatsOf(result.outputs[0])[0] ?? Number.NaN),
    (error: EngineError) => answers.push(`${value}: ${error.code}`),
  );
}

const sent = () => runner.batches.map(({ inputs }) => floatsOf(inputs[0]));

/** Answers every batch as it comes until nothing runs any more. */
async function finishAll(): Promise<void> {
  for (let i = 0; i < runner.batches.length; i++) {
    runner.batches[i]?.finish();
    await clock.advance(0);
  }
}

describe('priority levels', () => {
  const LEVELS = 'priority_levels: 3 default_priority_level: 2';

  test('the most urgent go first, in the order of arrival within a level, and fill up with less urgent ones', async () => {
    const batcher = batcherWith(LEVELS);
    runner.idleCount = 0;
    const levels = [3, 2, 1, 3, 1, 2];
    for (const [value, priority] of levels.entries()) send(batcher, value, { priority });
    runner.idleCount = 1;
    await clock.advance(0);
    await finishAll();
    expect(sent()).toEqual([
      [2, 4, 1, 5],
      [0, 3],
    ]);
  });

  test('a request without a priority, with 0 or one out of range is at the default level', async () => {
    const batcher = batcherWith(LEVELS, { maxBatchSize: 1, preferredBatchSizes: [1] });
    runner.idleCount = 0;
    send(batcher, 0, { priority: 3 });
    send(batcher, 1);
    send(batcher, 2, { priority: 0 });
    send(batcher, 3, { priority: 4 });
    send(batcher, 4, { priority: 2n });
    send(batcher, 5, { priority: 2n ** 64n - 1n });
    send(batcher, 6, { priority: 1 });
    runner.idleCount = 1;
    await clock.advance(0);
    await finishAll();
    expect(sent().flat()).toEqual([6, 1, 2, 3, 4, 5, 0]);
  });

  test('a full lane of a lower level does not overtake a more urgent request that waits for company: that one leaves first', async () => {
    const batcher = batcherWith(LEVELS, { maxQueueDelayUs: 5000 });
    send(batcher, 9, { priority: 1 }, 'other shape');
    await clock.advance(100);
    expect(sent()).toEqual([]);
    for (let value = 0; value < 4; value++) send(batcher, value, { priority: 3 });
    await clock.advance(0);
    expect(sent()).toEqual([[9]]);
    await finishAll();
    expect(sent()).toEqual([[9], [0, 1, 2, 3]]);
  });

  test('each level has its own queue limit', async () => {
    const batcher = batcherWith(`${LEVELS} priority_queue_policy { key: 1 value { max_queue_size: 1 } }`, {
      maxQueueSize: 2,
    });
    runner.idleCount = 0;
    for (const value of [10, 11]) send(batcher, value, { priority: 1 });
    for (const value of [20, 21, 22]) send(batcher, value, { priority: 2 });
    await flushPromises();
    expect(answers).toEqual(['11: QUEUE_FULL', '22: QUEUE_FULL']);
    expect(batcher.queueLength).toBe(3);
  });
});

test('a lane with the rows of a preferred size, but no batch of it, does not hide one that has a batch', async () => {
  const batcher = batcherWith('', { preferredBatchSizes: [2, 4], maxQueueDelayUs: 5000 });
  const wide = batcher.submit(buildRequest([fp32('x', [3], [7, 7, 7])]), 3, 'wide');
  send(batcher, 1, {}, 'narrow');
  await clock.advance(100);
  expect(sent()).toEqual([]);
  send(batcher, 2, {}, 'narrow');
  await clock.advance(0);
  expect(sent()).toEqual([[1, 2]]);
  await finishAll();
  await clock.advance(4900);
  await finishAll();
  expect((await wide).batch).toMatchObject({ rows: 3, reason: 'delay' });
});

test('a request that is delayed behind others may leave a batch before it, which is sent though older lanes wait', async () => {
  const policy = 'default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 5000 }';
  const sizes = { maxBatchSize: 8, preferredBatchSizes: [2, 8], maxQueueDelayUs: 10_000 };
  const batcher = batcherWith(policy, sizes);
  runner.idleCount = 0;
  const rows = (count: number, value: number, lane: string): void => {
    const input = fp32('x', [count], new Array<number>(count).fill(value));
    void batcher.submit(buildRequest([input]), count, lane);
  };
  rows(1, 10, 'other');
  rows(1, 20, 'own');
  await clock.advance(3000);
  rows(3, 11, 'other');
  rows(2, 21, 'own');
  await clock.advance(3000);
  // In turn now: 3 and 1 of the other lane, 2 and 1 of its own.
  runner.idleCount = 1;
  batcher.instancesChanged();
  expect(sent()).toEqual([[21, 21]]);
});

describe('timeouts', () => {
  const REJECT = 'default_queue_policy { default_timeout_microseconds: 5000 allow_timeout_override: true }';

  test('a request that waited too long is refused on time, also while every instance is busy', async () => {
    const batcher = batcherWith(REJECT);
    runner.idleCount = 0;
    send(batcher, 1);
    await clock.advance(5000);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(['1: DEADLINE_EXCEEDED']);
    expect(failures).toEqual(['DEADLINE_EXCEEDED']);
    expect(batcher.queueLength).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("a request's own timeout counts only when it is shorter than the default", async () => {
    const batcher = batcherWith(REJECT);
    runner.idleCount = 0;
    send(batcher, 1, { timeout: 2000 });
    send(batcher, 2, { timeout: 9000n });
    send(batcher, 3, { timeout: 0 });
    await clock.advance(2001);
    expect(answers).toEqual(['1: DEADLINE_EXCEEDED']);
    await clock.advance(3000);
    expect(answers).toEqual(['1: DEADLINE_EXCEEDED', '2: DEADLINE_EXCEEDED', '3: DEADLINE_EXCEEDED']);
  });

  test.each([
    ['without permission', 'default_queue_policy { default_timeout_microseconds: 5000 }', 5000],
    ['without a default', 'default_queue_policy { allow_timeout_override: true }', Number.POSITIVE_INFINITY],
  ])("a request's own timeout has no effect %s", async (_case, policy, limitUs) => {
    const batcher = batcherWith(policy);
    runner.idleCount = 0;
    send(batcher, 1, { timeout: 10 });
    await clock.advance(Math.min(limitUs, 1e9));
    expect(batcher.queueLength).toBe(1);
    await clock.advance(1);
    expect(batcher.queueLength).toBe(limitUs === Number.POSITIVE_INFINITY ? 1 : 0);
  });

  test('DELAY puts what waited too long behind all unexpired of its level, before the level below', async () => {
    const batcher = batcherWith(
      `priority_levels: 2 default_priority_level: 1
       default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 5000 }`,
      { maxBatchSize: 1, preferredBatchSizes: [1] },
    );
    runner.idleCount = 0;
    send(batcher, 1);
    send(batcher, 2, { priority: 2 });
    await clock.advance(3000);
    send(batcher, 3);
    await clock.advance(2001);
    send(batcher, 4);
    runner.idleCount = 1;
    await clock.advance(0);
    await finishAll();
    expect(sent().flat()).toEqual([3, 4, 1, 2]);
    expect(answers).toEqual([3, 4, 1, 2]);
  });

  test('a queue delay never acts as a timeout: with an idle instance the request is sent before it expires', async () => {
    const batcher = batcherWith(REJECT, { maxQueueDelayUs: 1_000_000 });
    send(batcher, 1);
    await clock.advance(4000);
    expect(sent()).toEqual([[1]]);
    await finishAll();
    await clock.advance(1_000_000);
    expect(answers).toEqual([1]);
  });

  test('an execution is never cut off', async () => {
    const batcher = batcherWith(REJECT);
    send(batcher, 1);
    await clock.advance(60_000_000);
    await finishAll();
    expect(answers).toEqual([1]);
  });

  test('a drain ends when the last that waits expires', async () => {
    const batcher = batcherWith(REJECT);
    runner.idleCount = 0;
    send(batcher, 1);
    let drained = false;
    void batcher.drain(new EngineError('MODEL_NOT_READY', 'unloading')).then(() => {
      drained = true;
    });
    await clock.advance(5001);
    expect([answers, drained]).toEqual([['1: DEADLINE_EXCEEDED'], true]);
  });

  test('no batch is handed ahead to a busy instance, where its requests could no longer expire', async () => {
    const batcher = batcherWith(REJECT);
    Object.defineProperty(runner, 'capacity', { get: () => ({ idle: 0, ahead: 1 }) });
    for (let value = 0; value < 4; value++) send(batcher, value);
    await clock.advance(5001);
    expect(sent()).toEqual([]);
    expect(failures).toHaveLength(4);
  });
});

describe('preserve_ordering', () => {
  const ONE_BY_ONE = { maxBatchSize: 1, preferredBatchSizes: [1] };

  test('answers leave in the order of the requests, whichever instance ends first', async () => {
    const batcher = batcherWith('preserve_ordering: true', ONE_BY_ONE);
    runner.idleCount = 3;
    for (const value of [1, 2, 3]) send(batcher, value);
    await clock.advance(0);
    for (const i of [2, 1]) {
      runner.batches[i]?.finish();
      await flushPromises();
      expect(answers).toEqual([]);
    }
    runner.batches[0]?.finish();
    await flushPromises();
    expect(answers).toEqual([1, 2, 3]);
  });

  test('the error of a batch takes its turn, one of a request that never ran does not wait and holds nobody up', async () => {
    const batcher = batcherWith(
      'preserve_ordering: true default_queue_policy { default_timeout_microseconds: 5000 }',
      { ...ONE_BY_ONE, maxQueueSize: 3 },
    );
    runner.idleCount = 2;
    for (const value of [1, 2, 3]) send(batcher, value);
    await clock.advance(0);
    send(batcher, 4);
    send(batcher, 5);
    send(batcher, 6);
    runner.batches[1]?.fail('the thread died');
    // 3 runs now, and 4 and 5 wait until they expire.
    await clock.advance(5001);
    expect(answers).toEqual(['6: QUEUE_FULL', '4: DEADLINE_EXCEEDED', '5: DEADLINE_EXCEEDED']);
    runner.batches[0]?.finish();
    await flushPromises();
    expect(answers.slice(3)).toEqual([1, '2: INSTANCE_LOST']);
    runner.batches[2]?.finish();
    await flushPromises();
    expect(answers.slice(5)).toEqual([3]);
  });

  test('without it they leave as they end', async () => {
    const batcher = batcherWith('', ONE_BY_ONE);
    runner.idleCount = 2;
    for (const value of [1, 2]) send(batcher, value);
    await clock.advance(0);
    runner.batches[1]?.finish();
    runner.batches[0]?.finish();
    await flushPromises();
    expect(answers).toEqual([2, 1]);
  });
});

describe('allowed batch sizes', () => {
  const SIZES = { maxBatchSize: 8, preferredBatchSizes: [8], allowedBatchSizes: [1, 4, 8] };

  test.each([
    [1, [[1, 1]]],
    [
      2,
      [
        [1, 1],
        [1, 1],
      ],
    ],
    [3, [[4, 3]]],
    [
      5,
      [
        [4, 4],
        [1, 1],
      ],
    ],
    [6, [[8, 6]]],
    [
      9,
      [
        [8, 8],
        [1, 1],
      ],
    ],
  ])("%i rows leave as batches of [size, rows that are somebody's]", async (rows, expected) => {
    const batcher = batcherWith('', SIZES);
    for (let value = 1; value <= rows; value++) send(batcher, value);
    await clock.advance(0);
    await finishAll();
    expect(runner.batches.map(({ inputs }) => inputs[0]?.shape[0])).toEqual(expected.map(([size]) => size));
    expect(answers).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
    const real = expected.map(([, own]) => own);
    expect(sent().map((values) => new Set(values).size)).toEqual(real);
  });

  test('with batching off a request of more rows is padded too', async () => {
    const batcher = batcherWith('', { ...SIZES, unbatched: true });
    void batcher.submit(buildRequest([fp32('x', [3, 1], [1, 2, 3])]), 3, '').then((result) => {
      answers.push(...floatsOf(result.outputs[0]));
    });
    await clock.advance(0);
    await finishAll();
    expect(sent()).toEqual([[1, 2, 3, 3]]);
    expect(answers).toEqual([1, 2, 3]);
  });
});
