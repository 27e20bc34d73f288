import { Emitter, EngineError, toEngineError } from '../base';
import {
  type LoadTestRun,
  type ModelSettings,
  type ModelSettingsPatch,
  SETTING_LIMITS,
  type ShowMeStatus,
} from '../contract';
import { isOver } from './run-record';
import type { LoadTestRunner } from './runner';
import { showMeSentence } from './show-me-sentence';

const WARMUP_MS = 2_000;
const MEASURED_MS = 12_000;
const CLIENTS = 32;
/** Begins the label of both runs in the history. */
const LABEL = 'Show me';
/** Long enough to collect the requests of clients that were answered together, short beside a batch's run time. */
const SHOWN_DELAY_US = 1_000;

export interface ShowMeParts {
  readonly runner: LoadTestRunner;
  readonly settings: {
    get(name: string): ModelSettings;
    update(name: string, patch: ModelSettingsPatch): Promise<unknown>;
  };
  /** Name of the model to show. May throw an EngineError when there is none. */
  readonly pickModel: () => string;
  readonly clients?: number;
  /** Cumulative rows and batches of a model, for the mean batch size; without it that stays null. */
  readonly counters?: (
    name: string,
  ) => { readonly inferenceCount: number; readonly executionCount: number } | null;
  /** Length of each of the two halves, milliseconds. */
  readonly warmupMs?: number;
  readonly measuredMs?: number;
}

export interface ShowMe {
  status(): ShowMeStatus;
  onChange(listener: (status: ShowMeStatus) => void): () => void;
  /** Begins; resolves once the first half is under way. Throws ALREADY_EXISTS while a load test or a show goes on. */
  start(): Promise<void>;
  /** Ends the show; resolves when the operator's settings are back. */
  stop(): Promise<void>;
}

/**
 * The half-minute demonstration: one model under the same clients, first with batching off, then on.
 *
 *   idle | done | stopped | failed --start--> batching-off --> batching-on --> done
 *                                                  '-------stop-----'--------> stopped
 *                                                  '------failure---'--------> failed
 *
 * On every way out the settings that the show changed are put back, but for those that the operator changed meanwhile.
 */
export function createShowMe(parts: ShowMeParts): ShowMe {
  return new Show(parts);
}

class Show implements ShowMe {
  readonly #clients: number;
  readonly #warmupMs: number;
  readonly #measuredMs: number;
  readonly #changes = new Emitter<ShowMeStatus>();
  #status: ShowMeStatus;
  #going: Promise<void> | null = null;
  #stopAsked = false;

  constructor(private readonly parts: ShowMeParts) {
    this.#clients = parts.clients ?? CLIENTS;
    this.#warmupMs = parts.warmupMs ?? WARMUP_MS;
    this.#measuredMs = parts.measuredMs ?? MEASURED_MS;
    this.#status = {
      stage: 'idle',
      model: '',
      clients: this.#clients,
      progress: 0,
      off: null,
      on: null,
      sentence: null,
      error: null,
    };
  }

  status(): ShowMeStatus {
    return this.#status;
  }

  onChange(listener: (status: ShowMeStatus) => void): () => void {
    return this.#changes.on(listener);
  }

  async start(): Promise<void> {
    const { runner, pickModel, settings } = this.parts;
    if (this.#going) throw new EngineError('ALREADY_EXISTS', 'the show is going on already');
    const current = runner.current();
    if (current && !isOver(current)) {
      throw new EngineError('ALREADY_EXISTS', `load test ${current.id} is going on: stop it before the show`);
    }
    const model = pickModel();
    const shown = new ShownSettings(settings, model);
    this.#stopAsked = false;
    this.#tell({
      stage: 'batching-off',
      model,
      progress: 0,
      off: null,
      on: null,
      sentence: null,
      error: null,
    });
    await new Promise<void>((resolve, reject) => {
      // A failure after the first half began is told by the status; `reject` then changes nothing.
      this.#going = this.#play(model, shown, resolve)
        .then(resolve, reject)
        .finally(() => {
          this.#going = null;
        });
    });
  }

  async stop(): Promise<void> {
    if (!this.#going) return;
    this.#stopAsked = true;
    const going = this.#going;
    if (this.parts.runner.current()?.scenario.label.startsWith(LABEL)) await this.parts.runner.stop();
    await going;
  }

  #tell(change: Partial<ShowMeStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#changes.emit(this.#status);
  }

  /** The whole show, settings put back included. Ends with its last stage told; throws what made it fail. */
  async #play(model: string, shown: ShownSettings, onStarted: () => void): Promise<void> {
    try {
      await this.#bothHalves(model, shown, onStarted).finally(() => shown.restore());
      const { off, on } = this.#status;
      if (off && on) this.#tell({ stage: 'done', progress: 1, sentence: showMeSentence(off, on) });
    } catch (error) {
      if (error instanceof Stopped) return this.#tell({ stage: 'stopped' });
      this.#tell({ stage: 'failed', error: toEngineError(error).message });
      throw error;
    }
  }

  async #bothHalves(model: string, shown: ShownSettings, onStarted: () => void): Promise<void> {
    const counters = () => this.parts.counters?.(model) ?? null;
    await shown.apply({ batching: 'off' });
    const off = await this.#half(model, 'batching-off', onStarted);
    this.#tell({ off: headline(off) });
    await shown.apply({
      batching: 'fixed',
      maxBatchSize: shownBatchSize(this.#clients),
      preferredBatchSizes: [],
      maxQueueDelayUs: SHOWN_DELAY_US,
    });
    const before = counters();
    const on = await this.#half(model, 'batching-on', () => undefined);
    this.#tell({ on: { ...headline(on), meanBatchSize: meanBatch(before, counters()) } });
  }

  /** One half: gives its run. Throws when it was stopped, failed, or no request was answered. */
  async #half(
    model: string,
    stage: 'batching-off' | 'batching-on',
    onStarted: () => void,
  ): Promise<LoadTestRun> {
    const { runner } = this.parts;
    if (this.#stopAsked) throw new Stopped();
    const begin = stage === 'batching-off' ? 0 : 0.5;
    this.#tell({ stage, progress: begin });
    const follower = followRun(runner, (run) => this.#tell({ progress: begin + 0.5 * this.#shareDone(run) }));
    try {
      const started = await runner.start({
        model,
        executor: { kind: 'closed', clients: this.#clients },
        warmupMs: this.#warmupMs,
        durationMs: this.#measuredMs,
        label: `${LABEL}: ${stage.replace('-', ' ')}`,
      });
      onStarted();
      if (this.#stopAsked) await runner.stop();
      return this.#checked(await follower.untilOver(started.id));
    } finally {
      follower.end();
    }
  }

  #checked(run: LoadTestRun): LoadTestRun {
    if (this.#stopAsked || run.state === 'stopped') throw new Stopped();
    if (run.state === 'failed') throw new EngineError('INTERNAL', run.error ?? 'the load test failed');
    if (run.counts.succeeded === 0)
      throw new EngineError('MODEL_NOT_READY', `no request was answered: ${describeErrors(run)}`);
    return run;
  }

  #shareDone(run: LoadTestRun): number {
    const lastPointMs = run.points.at(-1)?.atMs ?? -this.#warmupMs;
    const doneMs =
      this.#warmupMs + Math.max(lastPointMs, run.measuredMs > 0 ? run.measuredMs : -this.#warmupMs);
    return Math.min(1, Math.max(0, doneMs / (this.#warmupMs + this.#measuredMs)));
  }
}

class Stopped extends Error {}

/** Half of the clients in a batch: while one batch runs, the other half collects. */
function shownBatchSize(clients: number): number {
  const half = Math.ceil(clients / 2);
  return Math.min(32, Math.max(16, half), SETTING_LIMITS.maxBatchSize.max);
}

/** Settings of one model, changed for a while. */
class ShownSettings {
  readonly #before: ModelSettings;
  #applied: ModelSettingsPatch = {};

  /** Throws what `settings.get` throws for an unknown model. */
  constructor(
    private readonly settings: ShowMeParts['settings'],
    private readonly model: string,
  ) {
    this.#before = settings.get(model);
  }

  async apply(patch: ModelSettingsPatch): Promise<void> {
    this.#applied = { ...this.#applied, ...patch };
    await this.settings.update(this.model, patch);
  }

  /** Puts back what still is as the show set it; what the operator changed meanwhile stays. */
  async restore(): Promise<void> {
    const now = this.settings.get(this.model);
    const same = (key: keyof ModelSettings) =>
      JSON.stringify(now[key]) === JSON.stringify(this.#applied[key]);
    const ours = (Object.keys(this.#applied) as (keyof ModelSettings)[]).filter(same);
    if (ours.length === 0) return;
    await this.settings.update(this.model, Object.fromEntries(ours.map((key) => [key, this.#before[key]])));
  }
}

/** Watches the runner: calls `onUpdate` with the show's run, and tells when it is over. */
function followRun(runner: LoadTestRunner, onUpdate: (run: LoadTestRun) => void) {
  let check: () => void = () => undefined;
  const end = runner.onChange((run) => {
    if (run) onUpdate(run);
    check();
  });
  const untilOver = (id: string) =>
    new Promise<LoadTestRun>((resolve, reject) => {
      check = () => {
        const run = runner.current();
        if (run?.id !== id) reject(new EngineError('CANCELLED', 'the load test of the show was removed'));
        else if (isOver(run)) resolve(run);
      };
      check();
    });
  return { untilOver, end };
}

const headline = (run: LoadTestRun) => ({
  requestsPerSecond: run.achievedPerSecond,
  p50Ms: run.latency.p50Ms,
  p95Ms: run.latency.p95Ms,
});

type Counters = { readonly inferenceCount: number; readonly executionCount: number } | null;

function meanBatch(before: Counters, after: Counters): number | null {
  if (!before || !after || after.executionCount <= before.executionCount) return null;
  return (after.inferenceCount - before.inferenceCount) / (after.executionCount - before.executionCount);
}

function describeErrors(run: LoadTestRun): string {
  const kinds = Object.entries(run.counts.errors).sort(([, a], [, b]) => b - a);
  return kinds.length === 0
    ? 'the server did not answer in time'
    : kinds.map(([kind, n]) => `${kind} (${n} times)`).join(', ');
}
