import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseModelConfig, schedulingConfigOf } from '../config';
import { buildRequest, FakeClock, FakeRunner, floatsOf, fp32, TestCancelSignal } from '../testing';
import { DynamicBatcher } from './dynamic-batcher';
import { type OracleSetup, QueueOracle, URGENT_QUEUE_SIZE } from './queue-oracle.fixture';
import { mayReorder } from './queue-policy';

const MAX_BATCH = 4;

const setups = fc.record({
  maxBatchSize: fc.constant(MAX_BATCH),
  preferred: fc.constantFrom<readonly number[]>([4], [2, 4], [2], [3]),
  allowed: fc.constantFrom<readonly number[]>([], [], [1, 2, 4], [2, 4]),
  ordered: fc.boolean(),
  override: fc.boolean(),
  timeoutUs: fc.constantFrom(0, 0, 3000, 20_000),
  action: fc.constantFrom('REJECT' as const, 'DELAY' as const),
  delayUs: fc.constantFrom(0, 2000, 10_000),
  maxQueueSize: fc.constantFrom(2, 1000, 1000),
  instances: fc.integer({ min: 1, max: 3 }),
});
type Setup = typeof setups extends fc.Arbitrary<infer S> ? S : never;

/** From an instance that is nearly always idle to a queue that nearly always waits for one. */
const moods = fc.constantFrom({ sends: 2, ends: 6 }, { sends: 4, ends: 4 }, { sends: 6, ends: 2 });

const scripts = moods.chain(({ sends, ends }) =>
  fc.array(
    fc.oneof(
      {
        weight: sends,
        arbitrary: fc.record({
          level: fc.constantFrom(1, 2, 3, 3),
          rows: fc.constantFrom(1, 1, 1, 1, 2, 3, MAX_BATCH),
          lane: fc.constantFrom('a', 'a', 'b', 'c'),
          timeoutUs: fc.constantFrom(0, 0, 1500, 8000, 1_000_000),
        }),
      },
      { weight: 3, arbitrary: fc.record({ advanceUs: fc.constantFrom(1, 500, 1000, 1999, 4000, 10_000) }) },
      { weight: ends, arbitrary: fc.record({ finish: fc.nat(5), fails: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ cancel: fc.nat(50) }) },
    ),
    // Without the size fast-check draws about three of them.
    { maxLength: 80, size: 'max' },
  ),
);
type Step = typeof scripts extends fc.Arbitrary<(infer S)[]> ? S : never;

/** The real batcher on a clock that stands still, and beside it the oracle, which hears of everything. */
class Bench {
  readonly clock = new FakeClock();
  readonly oracle: QueueOracle;
  readonly ends = new Map<number, number>();
  readonly #runner: FakeRunner;
  readonly #running: { readonly ids: readonly number[]; readonly at: number }[] = [];
  readonly #signals: TestCancelSignal[] = [];
  readonly #batcher: DynamicBatcher;

  constructor(setup: Setup) {
    this.oracle = new QueueOracle(setup, () => this.clock.nowUs());
    this.#runner = new FakeRunner(setup.instances);
    const run = this.#runner.run.bind(this.#runner);
    this.#runner.run = (inputs, names, outcome) => {
      const values = floatsOf(inputs[0]);
      this.oracle.checkBatch(values);
      this.#running.push({ ids: [...new Set(values)], at: this.#runner.batches.length });
      return run(inputs, names, outcome);
    };
    let id = 0;
    const ignore = () => undefined;
    const scheduling = schedulingOf(setup);
    this.#batcher = new DynamicBatcher({
      ...{ model: 'm', version: '1', clock: this.clock, runner: this.#runner, nextBatchId: () => ++id },
      observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
      policy: {
        maxBatchSize: MAX_BATCH,
        preferredBatchSizes: setup.preferred,
        maxQueueDelayUs: setup.delayUs,
        maxQueueSize: setup.maxQueueSize,
        unbatched: false,
        allowedBatchSizes: setup.allowed,
        scheduling,
        neverAhead: mayReorder(scheduling),
      },
    });
    this.#runner.onIdle = () => this.#batcher.instancesChanged();
  }

  take(step: Step): void {
    if ('level' in step) this.#send(step.level, step.rows, step.lane, step.timeoutUs);
    if ('finish' in step) this.finish(step.finish, step.fails);
    if ('cancel' in step) this.#cancel(step.cancel);
  }

  finish(index: number, fails: boolean): void {
    const [batch] = this.#running.splice(index % Math.max(1, this.#running.length), 1);
    if (!batch) return;
    for (const id of batch.ids) this.#mark(id, fails ? 'lost' : 'runs');
    if (fails) this.#runner.batches[batch.at]?.fail('the thread died');
    else this.#runner.batches[batch.at]?.finish();
  }

  /** Moves time on with a stop at each moment at which the rules may ask for something, and looks whether it was done. */
  async advance(byUs: number): Promise<void> {
    const endUs = this.clock.nowUs() + byUs;
    do {
      await this.clock.advance(Math.min(endUs, this.oracle.nextUs) - this.clock.nowUs());
      this.oracle.checkRest(this.#batcher.queueLength, this.#runner.idleCount > 0);
    } while (this.clock.nowUs() < endUs);
  }

  #send(level: number, rows: number, lane: string, timeoutUs: number): void {
    const { sent, isTaken } = this.oracle.arrives(level, rows, lane, timeoutUs);
    const { id } = sent;
    const signal = new TestCancelSignal();
    this.#signals.push(signal);
    const input = fp32('x', [rows], new Array<number>(rows).fill(id));
    const parameters = new Map([
      ['priority', level],
      ['timeout', timeoutUs],
    ]);
    let refused = '';
    const ended = () => this.ends.set(id, (this.ends.get(id) ?? 0) + 1);
    this.#batcher.enqueue(buildRequest([input], { signal, parameters }), rows, lane, {
      resolve: (result) => {
        ended();
        expect(sent.state).toBe('runs');
        this.#mark(id, 'ended');
        this.oracle.answered.push(id);
        expect(floatsOf(result.outputs[0])).toEqual(new Array(rows).fill(id));
      },
      reject: ({ code }) => {
        ended();
        refused = code;
        if (isTaken) this.oracle.checkRefusal(sent, code);
        else sent.state = 'ended';
      },
    });
    expect(refused).toBe(isTaken ? '' : 'QUEUE_FULL');
  }

  /** Of one that waits, or else of any. */
  #cancel(pick: number): void {
    const { waiting, all } = this.oracle;
    const from = waiting.length > 0 ? waiting : all;
    const id = from[pick % Math.max(1, from.length)]?.id ?? 0;
    if (waiting.length > 0) this.#mark(id, 'cancelled');
    this.#signals[id]?.cancel();
  }

  #mark(id: number, state: QueueOracle['all'][number]['state']): void {
    const sent = this.oracle.all[id];
    if (sent) sent.state = state;
  }
}

function schedulingOf({ ordered, override, timeoutUs, action }: OracleSetup) {
  const policy = (ownAction: string, ownUs: number, more = '') =>
    `{ timeout_action: ${ownAction} default_timeout_microseconds: ${ownUs} allow_timeout_override: ${override} ${more} }`;
  const levels = `priority_levels: 3 default_priority_level: 3 priority_queue_policy { key: 1 value
    ${policy('REJECT', timeoutUs / 2, `max_queue_size: ${URGENT_QUEUE_SIZE}`)} }`;
  return schedulingConfigOf(
    parseModelConfig(`dynamic_batching { ${ordered ? 'preserve_ordering: true' : levels}
      default_queue_policy ${policy(action, timeoutUs)} }`),
  );
}

test('every request ends once, in its turn, in exactly the batch that the rules ask for, never late while an instance is idle, never starved beyond the bound (property)', async () => {
  await fc.assert(
    fc.asyncProperty(setups, scripts, async (drawn, script) => {
      // Triton refuses an order of answers together with DELAY.
      const setup: Setup = drawn.ordered ? { ...drawn, action: 'REJECT' } : drawn;
      const bench = new Bench(setup);
      for (const step of script) {
        bench.take(step);
        await bench.advance('advanceUs' in step ? step.advanceUs : 0);
      }
      for (let i = 0; i < 200 && bench.ends.size < bench.oracle.all.length; i++) {
        bench.finish(0, false);
        await bench.advance(1000);
      }
      expect([...bench.ends.values()].filter((ends) => ends !== 1)).toEqual([]);
      expect(bench.ends.size).toBe(bench.oracle.all.length);
      const { answered } = bench.oracle;
      if (setup.ordered) expect(answered).toEqual([...answered].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
}, 60_000);
