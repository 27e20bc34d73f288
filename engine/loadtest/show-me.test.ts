import { beforeEach, describe, expect, it } from 'vitest';
import { Emitter, EngineError } from '../base';
import type {
  LoadTestRun,
  LoadTestScenarioInput,
  ModelSettings,
  ModelSettingsPatch,
  ShowMeStatus,
} from '../contract';
import { flushPromises } from '../testing';
import { modelSummary } from '../testing/model-summary';
import { newRun } from './run-record';
import type { LoadTestRunner } from './runner';
import { parseScenario } from './scenario';
import { createShowMe, type ShowMe } from './show-me';

/** Stands for the runner: runs go on until the test ends them. */
class RunnerByHand implements LoadTestRunner {
  readonly started: LoadTestRun[] = [];
  readonly #changes = new Emitter<LoadTestRun | null>();
  #current: LoadTestRun | null = null;
  refuse: EngineError | null = null;

  async start(scenario: LoadTestScenarioInput) {
    if (this.refuse) throw this.refuse;
    const run = newRun(`run-${this.started.length}`, parseScenario(scenario), 0, '');
    this.started.push(run);
    this.become({ ...run, state: 'warming-up' });
    return run;
  }

  become(change: Partial<LoadTestRun>) {
    this.#current = { ...(this.#current as LoadTestRun), ...change };
    this.#changes.emit(this.#current);
  }

  /** Ends the run as one that answered `perSecond`, with this p95. */
  finish(perSecond: number, p95Ms: number) {
    const latency = { p50Ms: p95Ms / 2, p90Ms: p95Ms, p95Ms, p99Ms: p95Ms, maxMs: p95Ms, meanMs: p95Ms };
    const counts = { offered: 9, sent: 9, succeeded: 9, dropped: 0, errors: {} };
    this.become({ state: 'finished', achievedPerSecond: perSecond, latency, counts });
  }

  async stop() {
    if (this.#current?.state === 'warming-up') this.become({ state: 'stopped' });
  }
  current = () => this.#current;
  onChange = (listener: (run: LoadTestRun | null) => void) => this.#changes.on(listener);
  list = async () => [];
  get = async () => this.#current as LoadTestRun;
  delete = async () => undefined;
  close = async () => undefined;
}

const operators: ModelSettings = {
  ...modelSummary().settings,
  maxBatchSize: 5,
  preferredBatchSizes: [3],
  maxQueueDelayUs: 77,
};
let runner: RunnerByHand;
let settings: ModelSettings;
let patches: ModelSettingsPatch[];
let show: ShowMe;
let counters = { inferenceCount: 0, executionCount: 0 };

beforeEach(() => {
  runner = new RunnerByHand();
  settings = operators;
  patches = [];
  counters = { inferenceCount: 100, executionCount: 100 };
  show = createShowMe({
    runner,
    settings: {
      get: () => settings,
      update: async (_, patch) => {
        patches.push(patch);
        settings = { ...settings, ...patch };
      },
    },
    pickModel: () => 'demo',
    counters: () => counters,
  });
});

const settled = async () => {
  for (let i = 0; i < 20; i++) await flushPromises();
};

describe('the show', () => {
  it('runs the same clients with batching off, then on, and ends with the operator’s settings and one sentence', async () => {
    const stages = new Set<string>();
    const progress: number[] = [];
    show.onChange((status: ShowMeStatus) => {
      stages.add(status.stage);
      progress.push(status.progress);
    });
    await show.start();
    expect(settings.batching).toBe('off');
    runner.become({ state: 'running', measuredMs: 6_000 });
    expect(show.status().progress).toBeCloseTo((2 + 6) / 14 / 2);
    runner.finish(812, 41.2);
    await settled();
    expect(settings).toMatchObject({
      batching: 'fixed',
      maxBatchSize: 16,
      preferredBatchSizes: [],
      maxQueueDelayUs: 1_000,
    });
    counters = { inferenceCount: 1_700, executionCount: 200 };
    runner.finish(4_140, 9.8);
    await settled();
    expect(show.status()).toEqual({
      stage: 'done',
      model: 'demo',
      clients: 32,
      progress: 1,
      off: { requestsPerSecond: 812, p50Ms: 20.6, p95Ms: 41.2 },
      on: { requestsPerSecond: 4_140, p50Ms: 4.9, p95Ms: 9.8, meanBatchSize: 16 },
      sentence:
        'On this machine batching answers 5.1x more requests per second (812 -> 4,140) with p95 41.2 ms -> 9.8 ms.',
      error: null,
    });
    expect(settings).toEqual(operators);
    expect([...stages]).toEqual(['batching-off', 'batching-on', 'done']);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(runner.started.map(({ scenario }) => scenario.executor)).toEqual(
      Array(2).fill({ kind: 'closed', clients: 32 }),
    );
    expect(runner.started.map(({ scenario }) => scenario.warmupMs + scenario.durationMs)).toEqual([
      14_000, 14_000,
    ]);
  });

  it('keeps what the operator changed meanwhile', async () => {
    await show.start();
    runner.finish(10, 10);
    await settled();
    settings = { ...settings, maxBatchSize: 9 };
    runner.finish(20, 10);
    await settled();
    expect(settings).toEqual({ ...operators, maxBatchSize: 9 });
  });

  it.each(['in the first half', 'in the second half'])(
    'puts the settings back when it is stopped %s',
    async (where) => {
      await show.start();
      if (where === 'in the second half') {
        runner.finish(10, 10);
        await settled();
      }
      await show.stop();
      expect(settings).toEqual(operators);
      expect(show.status()).toMatchObject({ stage: 'stopped', sentence: null, error: null });
      await show.start();
      expect(show.status().stage).toBe('batching-off');
    },
  );

  it('takes a stop of its load test as a stop of the show', async () => {
    await show.start();
    await runner.stop();
    await settled();
    expect(show.status().stage).toBe('stopped');
    expect(settings).toEqual(operators);
  });

  it('puts the settings back when the load test fails, and says why', async () => {
    await show.start();
    runner.become({ state: 'failed', error: 'the load test thread failed' });
    await settled();
    expect(show.status()).toMatchObject({ stage: 'failed', error: 'the load test thread failed' });
    expect(settings).toEqual(operators);
  });

  it('fails when no request is answered, with the errors', async () => {
    await show.start();
    runner.become({
      state: 'finished',
      counts: {
        offered: 5,
        sent: 5,
        succeeded: 0,
        dropped: 0,
        errors: { timeout: 1, 'HTTP 503 QUEUE_FULL': 4 },
      },
    });
    await settled();
    expect(show.status()).toMatchObject({
      stage: 'failed',
      error: 'no request was answered: HTTP 503 QUEUE_FULL (4 times), timeout (1 times)',
    });
  });

  it('refuses to start twice, and beside another load test', async () => {
    await show.start();
    await expect(show.start()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await show.stop();
    await runner.start({ model: 'demo', executor: { kind: 'closed', clients: 1 } });
    await expect(show.start()).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining('run-1'),
    });
    expect(settings).toEqual(operators);
  });

  it('tells whoever starts it that the load test was refused', async () => {
    runner.refuse = new EngineError('MODEL_NOT_READY', 'model "demo" is not ready');
    await expect(show.start()).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    expect(show.status()).toMatchObject({ stage: 'failed', error: 'model "demo" is not ready' });
    expect(settings).toEqual(operators);
  });
});
