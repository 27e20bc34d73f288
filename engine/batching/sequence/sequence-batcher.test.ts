import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../base';
import type { NamedTensor } from '../../tensor';
import { buildRequest, FakeClock, floatsOf, flushPromises, fp32, TestCancelSignal } from '../../testing';
import { batchPolicyOf } from '../batch-policy';
import type { BatchOutcome, BatchRunner } from '../batch-runner';
import { SequenceBatcher } from './sequence-batcher';
import type { SequenceSetup } from './sequence-config';

const zero = fp32('state', [1, 1], [0]);
const setupOf = (strategy: SequenceSetup['strategy']): SequenceSetup => ({
  strategy,
  maxIdleUs: 1000,
  stacks: true,
  controls: [
    {
      kind: 'READY',
      name: 'ready',
      datatype: 'BOOL',
      falseTrue: [Uint8Array.of(0), Uint8Array.of(1)],
      inner: [1],
    },
    {
      kind: 'CORRID',
      name: 'corrid',
      datatype: 'UINT64',
      falseTrue: [new Uint8Array(), new Uint8Array()],
      inner: [1],
    },
  ],
  states: [
    {
      inputName: 'state',
      outputName: 'state_out',
      datatype: 'FP32',
      dims: [1],
      initial: { dims: [1], file: null },
      isVisible: false,
    },
  ],
  initialStates: [zero],
});
const DIRECT = setupOf({ kind: 'direct', maxQueueDelayUs: 0, minimumSlotUtilization: 0 });
const OLDEST = setupOf({
  kind: 'oldest',
  maxQueueDelayUs: 50,
  maxCandidateSequences: 3,
  preferredBatchSizes: [2],
  preserveOrdering: true,
});

/** A device that adds: `y = state + x`; each batch takes 10 us, every `failEvery`th is lost. */
class Adder implements BatchRunner {
  idle: number;
  readonly ids: number[][] = [];
  readonly slots: number[][] = [];
  onIdle: () => void = () => undefined;
  #count = 0;

  constructor(
    readonly clock: FakeClock,
    instances: number,
    readonly failEvery = 0,
  ) {
    this.idle = instances;
  }

  get capacity() {
    return { idle: this.idle, ahead: 0 };
  }

  run(inputs: readonly NamedTensor[], _names: readonly string[] | null, outcome: BatchOutcome): string {
    const of = (name: string) => inputs.find((input) => input.name === name);
    const ready = [...(of('ready')?.data ?? [])];
    const ids = [...new BigUint64Array((of('corrid')?.data ?? new Uint8Array()).slice().buffer)].map(Number);
    this.ids.push(ids.filter((_, i) => ready[i] === 1));
    this.slots.push(ready);
    const states = floatsOf(of('state'));
    const sums = floatsOf(of('x')).map((x, i) => x + (states[i] ?? Number.NaN));
    this.idle--;
    const fails = this.failEvery > 0 && ++this.#count % this.failEvery === 0;
    this.clock.callAt(this.clock.nowUs() + 10, () => {
      const y = fp32('y', [sums.length, 1], sums);
      const output = {
        outputs: [y, { ...y, name: 'state_out' }],
        computeInputUs: 0,
        computeInferUs: 10,
        computeOutputUs: 0,
      };
      outcome.returned(fails ? null : output);
      this.idle++;
      this.onIdle();
      if (fails) outcome.failed(new EngineError('INSTANCE_LOST', 'lost'));
      else outcome.done(output);
    });
    return 'adder#0';
  }
}

const settings = {
  batching: 'off',
  maxBatchSize: 4,
  preferredBatchSizes: [],
  allowedBatchSizes: [],
  maxQueueDelayUs: 0,
  maxQueueSize: 1000,
} as unknown as Parameters<typeof batchPolicyOf>[0];

function open(setup: SequenceSetup, instances = 1, failEvery = 0) {
  const clock = new FakeClock();
  const runner = new Adder(clock, instances, failEvery);
  const wanted = { instances };
  let ended = 0;
  let batchId = 0;
  const batcher = new SequenceBatcher({
    model: 'sum',
    version: '1',
    clock,
    runner,
    observer: {
      batchDone: () => undefined,
      batchFailed: () => undefined,
      requestDone: () => ended++,
      requestFailed: () => ended++,
    },
    policy: batchPolicyOf(settings, true),
    nextBatchId: () => ++batchId,
    setup,
    instances: () => wanted.instances,
  });
  runner.onIdle = () => batcher.instancesChanged();
  const ask = (id: number, x: number, start = false, end = false, signal?: TestCancelSignal) => {
    const parameters = new Map<string, number | boolean>([
      ['sequence_id', id],
      ['sequence_start', start],
      ['sequence_end', end],
    ]);
    const answer = batcher.submit(buildRequest([fp32('x', [1, 1], [x])], { parameters, signal }), 1, '');
    return answer.then(
      ({ outputs }) => {
        if (outputs.length !== 1) throw new Error('the state was given away');
        return floatsOf(outputs[0])[0] ?? Number.NaN;
      },
      (error: EngineError) => error.code,
    );
  };
  return { clock, runner, batcher, ask, wanted, ended: () => ended };
}

describe('a sequence', () => {
  test('keeps its slot, and an empty slot below it is filled with READY false', async () => {
    const { clock, runner, ask } = open(DIRECT);
    void ask(1, 1, true);
    void ask(2, 2, true);
    await clock.advance(100);
    void ask(2, 2);
    await clock.advance(100);
    expect(runner.slots).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  test('is forgotten when it is idle for too long, and then needs a start', async () => {
    const { clock, batcher, ask } = open(DIRECT);
    void ask(1, 1, true);
    await clock.advance(1000);
    const inTime = ask(1, 2);
    await clock.advance(1011);
    expect(await inTime).toBe(3);
    expect(batcher.sequences).toBe(0);
    expect(await ask(1, 3)).toBe('INVALID_ARGUMENT');
  });

  test('waits in the backlog until a seat is free', async () => {
    const { clock, ask, batcher } = open(DIRECT);
    for (let id = 1; id <= 4; id++) void ask(id, 1, true);
    await clock.advance(100);
    const fifth = ask(5, 7, true);
    await clock.advance(100);
    expect(batcher.queueLength).toBe(1);
    void ask(2, 1, false, true);
    await clock.advance(100);
    expect(await fifth).toBe(7);
  });

  test('finds as many seats as there are instances to be, and keeps what it has when they become fewer', async () => {
    const { clock, ask, batcher, wanted } = open(DIRECT);
    const all = [1, 2, 3, 4, 5].map((id) => ask(id, id, true));
    await clock.advance(100);
    expect(batcher.queueLength).toBe(1);
    wanted.instances = 2;
    batcher.instancesChanged();
    await clock.advance(100);
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
    wanted.instances = 1;
    batcher.instancesChanged();
    const again = [1, 2, 3, 4, 5].map((id) => ask(id, id, false, true));
    await clock.advance(200);
    expect(await Promise.all(again)).toEqual([2, 4, 6, 8, 10]);
    expect(batcher.sequences).toBe(0);
  });

  test('goes on from its last good state when a batch is lost; what waited behind fails too', async () => {
    const { clock, ask } = open(DIRECT, 1, 2);
    const first = ask(1, 1, true);
    await clock.advance(50);
    const lost = [ask(1, 10), ask(1, 20)];
    await clock.advance(50);
    const again = ask(1, 10, false, true);
    await clock.advance(50);
    expect(await Promise.all([first, ...lost, again])).toEqual([1, 'INSTANCE_LOST', 'INSTANCE_LOST', 11]);
  });

  test('is over when one of its waiting requests is cancelled, up to a new start', async () => {
    const { clock, ask } = open(DIRECT);
    const signal = new TestCancelSignal();
    const all = [ask(1, 1, true), ask(1, 2, false, false, signal), ask(1, 3), ask(1, 4, true, true)];
    signal.cancel();
    await clock.advance(100);
    expect(await Promise.all(all)).toEqual([1, 'CANCELLED', 'CANCELLED', 4]);
  });

  test('has its waiting requests answered by a drain, those in the backlog too', async () => {
    const { clock, ask, batcher } = open(DIRECT);
    const all = [1, 2, 3, 4, 5, 6].flatMap((id) => [ask(id, id, true), ask(id, id)]);
    const drained = batcher.drain(new EngineError('MODEL_NOT_READY', 'unloading'));
    await clock.advance(200);
    await drained;
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5, 6].flatMap((id) => [id, 2 * id]));
    expect([batcher.sequences, clock.pending]).toEqual([0, 0]);
    expect(await ask(9, 1, true)).toBe('MODEL_NOT_READY');
  });
});

test.each([
  ['direct', DIRECT],
  ['oldest', OLDEST],
])(
  '%s: order is kept, one request of a sequence in a batch, states never mix, each ends once',
  async (_, setup) => {
    const lengths = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 9 });
    const property = fc.asyncProperty(
      lengths,
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      async (all, instances, seed) => {
        const { clock, runner, batcher, ask, ended } = open(setup, instances);
        const steps = all.map((length) => length);
        const answers: {
          readonly id: number;
          readonly i: number;
          readonly answer: Promise<number | string>;
        }[] = [];
        let random = seed;
        while (steps.some((left) => left > 0)) {
          random = (random * 1103515245 + 12345) % 2147483648;
          const open = steps.flatMap((left, id) => (left > 0 ? [id] : []));
          const id = open[random % open.length] ?? 0;
          const i = (all[id] ?? 0) - (steps[id] ?? 0);
          answers.push({ id, i, answer: ask(id + 1, 100 * id + 1, i === 0, steps[id] === 1) });
          steps[id] = (steps[id] ?? 0) - 1;
          if (random % 3 === 0) await clock.advance(random % 25);
        }
        await clock.advance(20_000);
        await flushPromises();
        for (const { id, i, answer } of answers) expect(await answer).toBe((i + 1) * (100 * id + 1));
        for (const ids of runner.ids) expect(new Set(ids).size).toBe(ids.length);
        expect(ended()).toBe(answers.length);
        expect([batcher.sequences, batcher.queueLength, batcher.inFlight]).toEqual([0, 0, 0]);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  },
);
