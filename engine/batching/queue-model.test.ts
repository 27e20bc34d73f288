import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseModelConfig, schedulingConfigOf } from '../config';
import { buildRequest, FakeClock, FakeRunner, floatsOf, fp32, TestCancelSignal } from '../testing';
import { DynamicBatcher } from './dynamic-batcher';
import { mayReorder } from './queue-policy';

const MAX_BATCH = 4;

/** What the oracle knows of a request. */
interface Sent {
  readonly id: number;
  readonly rows: number;
  readonly lane: string;
  readonly level: number;
  readonly enqueuedUs: number;
  readonly signal: TestCancelSignal;
  ends: number;
  left: boolean;
}

const setups = fc.record({
  ordered: fc.boolean(),
  timeoutUs: fc.constantFrom(0, 3000, 20_000),
  action: fc.constantFrom('REJECT' as const, 'DELAY' as const),
  delayUs: fc.constantFrom(0, 2000, 10_000),
  allowed: fc.constantFrom<readonly number[]>([], [1, 2, 4], [2, 4]),
  instances: fc.integer({ min: 1, max: 3 }),
});
type Setup = typeof setups extends fc.Arbitrary<infer S> ? S : never;

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        level: fc.integer({ min: 1, max: 3 }),
        rows: fc.integer({ min: 1, max: MAX_BATCH }),
        lane: fc.constantFrom('a', 'b', 'c'),
      }),
    },
    { weight: 3, arbitrary: fc.record({ advanceUs: fc.integer({ min: 0, max: 4000 }) }) },
    { weight: 2, arbitrary: fc.record({ finish: fc.nat(5), fails: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ cancel: fc.nat(50) }) },
  ),
  { maxLength: 60 },
);

type Step =
  | { readonly level: number; readonly rows: number; readonly lane: string }
  | { readonly advanceUs: number }
  | { readonly finish: number; readonly fails: boolean }
  | { readonly cancel: number };

/** The real batcher on a clock that stands still, and beside it what each rule allows. */
class Bench {
  readonly clock = new FakeClock();
  readonly runner: FakeRunner;
  readonly all: Sent[] = [];
  readonly answered: number[] = [];
  readonly running: number[] = [];
  readonly #batcher: DynamicBatcher;
  readonly #setup: Setup;

  constructor(setup: Setup) {
    // Triton refuses an order of answers together with levels or DELAY.
    this.#setup = setup.ordered ? { ...setup, action: 'REJECT' } : setup;
    const { ordered, timeoutUs, action, delayUs, allowed } = this.#setup;
    const levels = ordered ? 'preserve_ordering: true' : 'priority_levels: 3 default_priority_level: 3';
    const scheduling = schedulingConfigOf(
      parseModelConfig(`dynamic_batching { ${levels} default_queue_policy {
        timeout_action: ${action} default_timeout_microseconds: ${timeoutUs} } }`),
    );
    this.runner = new FakeRunner(setup.instances);
    const run = this.runner.run.bind(this.runner);
    this.runner.run = (inputs, names, outcome) => {
      this.running.push(this.runner.batches.length);
      this.#checkBatch(floatsOf(inputs[0]));
      return run(inputs, names, outcome);
    };
    let id = 0;
    const ignore = () => undefined;
    this.#batcher = new DynamicBatcher({
      ...{ model: 'm', version: '1', clock: this.clock, runner: this.runner, nextBatchId: () => ++id },
      observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
      policy: {
        maxBatchSize: MAX_BATCH,
        preferredBatchSizes: [MAX_BATCH],
        maxQueueDelayUs: delayUs,
        maxQueueSize: 1000,
        unbatched: false,
        allowedBatchSizes: allowed,
        scheduling,
        neverAhead: mayReorder(scheduling),
      },
    });
    this.runner.onIdle = () => this.#batcher.instancesChanged();
  }

  send(level: number, rows: number, lane: string): void {
    const id = this.all.length;
    const signal = new TestCancelSignal();
    const sent: Sent = {
      ...{ id, rows, lane, level: this.#setup.ordered ? 0 : level, signal, ends: 0, left: false },
      enqueuedUs: this.clock.nowUs(),
    };
    this.all.push(sent);
    const input = fp32('x', [rows], new Array<number>(rows).fill(id));
    const request = buildRequest([input], { signal, parameters: new Map([['priority', level]]) });
    this.#batcher.enqueue(request, rows, lane, {
      resolve: (result) => {
        sent.ends++;
        this.answered.push(id);
        expect(floatsOf(result.outputs[0])).toEqual(new Array(rows).fill(id));
      },
      reject: () => {
        sent.ends++;
        sent.left = true;
      },
    });
  }

  take(step: Step): void {
    if ('level' in step) this.send(step.level, step.rows, step.lane);
    if ('finish' in step) this.finish(step.finish, step.fails);
    const gone = 'cancel' in step ? this.all[step.cancel] : undefined;
    if (gone && !gone.left) gone.signal.cancel();
  }

  finish(index: number, fails: boolean): void {
    const at = this.running.splice(index % Math.max(1, this.running.length), 1)[0];
    if (at === undefined) return;
    if (fails) this.runner.batches[at]?.fail('the thread died');
    else this.runner.batches[at]?.finish();
  }

  #isLate({ enqueuedUs }: Sent): boolean {
    const { timeoutUs } = this.#setup;
    return timeoutUs > 0 && this.clock.nowUs() - enqueuedUs > timeoutUs;
  }

  /** The smaller, the sooner its turn: the level, and in it those that were delayed behind the others. */
  #rank(sent: Sent): number {
    return 2 * sent.level + (this.#isLate(sent) ? 1 : 0);
  }

  #checkBatch(values: readonly number[]): void {
    const batch = [...new Set(values)].map((id) => this.all[id] as Sent);
    const [first] = batch as [Sent];
    const rows = batch.reduce((sum, sent) => sum + sent.rows, 0);
    const { allowed, action, delayUs } = this.#setup;
    expect(rows).toBeLessThanOrEqual(MAX_BATCH);
    expect(values.length).toBe(allowed.find((size) => size >= rows) ?? rows);
    for (const sent of batch) {
      expect(sent.left).toBe(false);
      expect(sent.lane).toBe(first.lane);
      if (action === 'REJECT') expect(this.#isLate(sent)).toBe(false);
      sent.left = true;
    }
    const ranks = batch.map((sent) => this.#rank(sent));
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    for (const waiting of this.all.filter(({ left }) => !left)) {
      const rank = this.#rank(waiting);
      // Priorities are respected.
      expect(rank).toBeGreaterThanOrEqual(ranks[0] ?? 0);
      if (waiting.lane === first.lane) expect(rank).toBeGreaterThanOrEqual(ranks.at(-1) ?? 0);
      // The bound on starvation: once its delay is up, nothing of its rank that came later heads a batch before it.
      const isDue = this.clock.nowUs() - waiting.enqueuedUs >= delayUs;
      if (rank === ranks[0] && isDue && !this.#isLate(waiting)) expect(first.id).toBeLessThan(waiting.id);
    }
  }

  /** To be called when the loop has come to rest. */
  checkRest(): void {
    const waiting = this.all.filter(({ left }) => !left);
    expect(this.#batcher.queueLength).toBe(waiting.length);
    if (this.#setup.action === 'REJECT') expect(waiting.some((sent) => this.#isLate(sent))).toBe(false);
    if (this.runner.idleCount === 0) return;
    for (const { enqueuedUs } of waiting)
      expect(this.clock.nowUs() - enqueuedUs).toBeLessThan(this.#setup.delayUs);
  }
}

test('every request ends once, in its turn, in a legal batch, never expired, never late while an instance is idle (property)', async () => {
  await fc.assert(
    fc.asyncProperty(setups, steps, async (setup, script) => {
      const bench = new Bench(setup);
      for (const step of script) {
        bench.take(step);
        await bench.clock.advance('advanceUs' in step ? step.advanceUs : 0);
        bench.checkRest();
      }
      for (let i = 0; i < 200; i++) {
        bench.finish(0, false);
        await bench.clock.advance(1000);
      }
      expect(bench.all.filter(({ ends }) => ends !== 1)).toEqual([]);
      if (setup.ordered) expect(bench.answered).toEqual([...bench.answered].sort((a, b) => a - b));
    }),
    { numRuns: 150 },
  );
}, 60_000);
