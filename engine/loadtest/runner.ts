import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, Emitter, EngineError, type Logger, type Timer, toEngineError } from '../base';
import type {
  LoadTestRun,
  LoadTestRunSummary,
  LoadTestScenario,
  LoadTestScenarioInput,
  ModelSummary,
} from '../contract';
import { type LoadGenerator, startLoadGenerator } from './load-generator';
import type { LoadSnapshot } from './load-plan';
import { isOver, newRun, summaryOf, withMeasured } from './run-record';
import { createRunStore, type RunStore } from './run-store';
import { checkScenario, parseScenario, planOf, settingsNote } from './scenario';

/** Default time between two live updates. */
const BEAT_MS = 500;
/** A run that goes on is written this often, so that a crash loses little. */
const SAVE_EVERY_US = 3_000_000;
/** The thread must say its first word within this time. */
const START_TIMEOUT_US = 30_000_000;
/** A thread that was told to stop and does not end by itself is ended after this time. */
const STOP_TIMEOUT_US = 5_000_000;
/** Above this share of its thread the generator is likely what limits the result. */
const GENERATOR_BUSY_SHARE = 0.95;

export interface LoadTestRunnerParts {
  /** The door the load goes to, asked at each start. */
  readonly target: () => { readonly host: string; readonly port: number };
  /** Folder of the engine's data; runs are kept in `load-tests` in it. */
  readonly dataPath: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Throws an EngineError when there is no such model or version. */
  readonly describeModel: (name: string, version: string | null) => ModelSummary;
  /** Time between two live updates, milliseconds. */
  readonly beatMs?: number;
}

export interface LoadTestRunner {
  /**
   * Starts a run and resolves once its thread is there. Throws ALREADY_EXISTS while another goes on, INVALID_ARGUMENT for a
   * scenario that does not fit the model, MODEL_NOT_READY, and what `describeModel` throws.
   */
  start(scenario: LoadTestScenarioInput): Promise<LoadTestRun>;
  /** Ends the run that goes on; resolves when it is over and kept. Does nothing when none goes on. */
  stop(): Promise<void>;
  /** The run that goes on or was the last; null before the first. */
  current(): LoadTestRun | null;
  /** Called at each live update. Returns the function that ends it. */
  onChange(listener: (run: LoadTestRun | null) => void): () => void;
  /** All runs, newest first, the one that goes on included. */
  list(): Promise<readonly LoadTestRunSummary[]>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<LoadTestRun>;
  /** Throws NOT_FOUND, or INVALID_ARGUMENT for the run that goes on. */
  delete(id: string): Promise<void>;
  /** Stops the run that goes on, keeps it, and takes no more. */
  close(): Promise<void>;
}

interface LiveRun {
  readonly generator: LoadGenerator;
  /** It was asked to. */
  isStopped: boolean;
  /** Resolves when the run is over and kept. Never rejects. */
  readonly over: Promise<void>;
}

/** Runs load tests, one at a time, each in a thread of its own, and keeps their results. */
export function createLoadTestRunner(parts: LoadTestRunnerParts): LoadTestRunner {
  return new Runner(parts);
}

class Runner implements LoadTestRunner {
  readonly #store: RunStore;
  readonly #changes = new Emitter<LoadTestRun | null>();
  #current: LoadTestRun | null = null;
  #live: LiveRun | null = null;
  #closed = false;
  #savedAtUs = 0;

  constructor(private readonly parts: LoadTestRunnerParts) {
    this.#store = createRunStore(join(parts.dataPath, 'load-tests'), parts.logger);
  }

  async start(given: LoadTestScenarioInput): Promise<LoadTestRun> {
    const { clock, logger, target, beatMs } = this.parts;
    if (this.#closed)
      throw new EngineError('SHUTTING_DOWN', 'the engine is stopping and starts no load test');
    if (this.#live)
      throw new EngineError('ALREADY_EXISTS', `load test ${this.#current?.id} is going on: stop it first`);
    const scenario = parseScenario(given);
    const model = this.#checkedModel(scenario);
    const plan = planOf(scenario, model, target(), beatMs ?? BEAT_MS);
    const note = settingsNote(model.settings, model.activeProvider);
    const run = newRun(newId(clock.wallMs()), scenario, clock.wallMs(), note);
    const generator = startLoadGenerator(plan, (snapshot) => this.#onProgress(run.id, snapshot));
    const live = { generator, isStopped: false, over: this.#follow(run, generator) };
    this.#live = live;
    this.#show(run);
    logger.info('load test started', { id: run.id, model: scenario.model, executor: scenario.executor.kind });
    await this.#save(run);
    await this.#started(generator).catch((error: unknown) => {
      if (!live.isStopped) throw error;
    });
    return this.#current?.id === run.id ? this.#current : run;
  }

  async stop(): Promise<void> {
    const live = this.#live;
    if (!live) return;
    live.isStopped = true;
    live.generator.stop();
    const { clock } = this.parts;
    const guard = clock.callAt(clock.nowUs() + STOP_TIMEOUT_US, () => void live.generator.kill());
    await live.over;
    guard.cancel();
  }

  current(): LoadTestRun | null {
    return this.#current;
  }

  onChange(listener: (run: LoadTestRun | null) => void): () => void {
    return this.#changes.on(listener);
  }

  async list(): Promise<readonly LoadTestRunSummary[]> {
    const kept = await this.#store.list();
    const current = this.#current;
    // The file of the run that goes on is behind, and says what a crash would leave.
    return current === null ? kept : kept.map((run) => (run.id === current.id ? summaryOf(current) : run));
  }

  async get(id: string): Promise<LoadTestRun> {
    return this.#current?.id === id ? this.#current : this.#store.get(id);
  }

  async delete(id: string): Promise<void> {
    const isCurrent = this.#current?.id === id;
    if (this.#live && isCurrent)
      throw new EngineError('INVALID_ARGUMENT', `load test ${id} is going on: stop it first`);
    await this.#store.delete(id);
    if (isCurrent) this.#show(null);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }

  #checkedModel(scenario: LoadTestScenario): ModelSummary {
    const { version } = scenario;
    const model = this.parts.describeModel(scenario.model, version);
    if (model.state !== 'ready' || (version !== null && !model.versionsReady.includes(version))) {
      const which =
        version === null ? `model "${model.name}"` : `version ${version} of model "${model.name}"`;
      throw new EngineError('MODEL_NOT_READY', `${which} is not ready: load it before testing it`);
    }
    checkScenario(scenario, model);
    return model;
  }

  #show(run: LoadTestRun | null): void {
    this.#current = run;
    this.#changes.emit(run);
  }

  #onProgress(id: string, snapshot: LoadSnapshot): void {
    if (this.#current?.id !== id || isOver(this.#current)) return;
    const run = withMeasured(this.#current, snapshot);
    this.#show(run);
    if (this.parts.clock.nowUs() - this.#savedAtUs >= SAVE_EVERY_US) void this.#save(run);
  }

  /** Follows the generator to its end and keeps the result. Never rejects. */
  async #follow(run: LoadTestRun, generator: LoadGenerator): Promise<void> {
    const { clock, logger } = this.parts;
    let last: LoadTestRun;
    try {
      const result = await generator.finished;
      last = { ...withMeasured(run, result), finishedAtMs: clock.wallMs() };
      if (result.generatorBusyShare > GENERATOR_BUSY_SHARE) {
        logger.warn(
          'the load generator was busy all the time: the result may be its limit, not the server’s',
          { id: run.id },
        );
      }
    } catch (thrown) {
      const measured = this.#current?.id === run.id ? this.#current : run;
      // Asked to stop before it could hear: there is a reason that it has no result.
      const isStopped = this.#live?.isStopped === true;
      const error = isStopped ? null : toEngineError(thrown).message;
      last = { ...measured, state: isStopped ? 'stopped' : 'failed', finishedAtMs: clock.wallMs(), error };
      if (error !== null) logger.error('load test failed', { id: run.id, reason: error });
    }
    await this.#save(last);
    this.#live = null;
    this.#show(last);
  }

  /** Waits for the first report of the thread. */
  async #started(generator: LoadGenerator): Promise<void> {
    const { clock } = this.parts;
    let timer: Timer | null = null;
    const late = new Promise<never>((_, reject) => {
      timer = clock.callAt(clock.nowUs() + START_TIMEOUT_US, () => {
        void generator.kill();
        reject(
          new EngineError(
            'INTERNAL',
            `the load test thread did not start within ${START_TIMEOUT_US / 1e6} s`,
          ),
        );
      });
    });
    await Promise.race([generator.started, late]).finally(() => timer?.cancel());
  }

  /** A result that cannot be written is still shown: the disk's trouble is logged, not thrown. */
  async #save(run: LoadTestRun): Promise<void> {
    this.#savedAtUs = this.parts.clock.nowUs();
    try {
      await this.#store.save(run);
    } catch (error) {
      this.parts.logger.error('could not keep a load test run', {
        id: run.id,
        reason: toEngineError(error).message,
      });
    }
  }
}

/** "20261124-015301-250-4f3a": sorts by time. */
function newId(wallMs: number): string {
  const time = new Date(wallMs).toISOString().slice(0, 23).replace(/[-:]/g, '').replace(/[T.]/g, '-');
  return `${time}-${randomBytes(2).toString('hex')}`;
}
