import type { Clock, EngineError, Logger, Timer } from '../../base';
import {
  AutoPlanner,
  type Backlog,
  CostCurve,
  type Forecast,
  largestBatch,
  type Predictor,
  profiledSizes,
  type RunningBatch,
} from '../../batching';
import type { AutoState, CostCurveRecord, ModelSettings, TensorSpec } from '../../contract';
import type { SessionSpec } from '../../inference';
import type { InstancePool, WarmingInstance } from '../../instances';
import type { NamedTensor } from '../../tensor';
import { mostZeroRows, zeroBatch } from '../auto-warmup';
import type { ServedTensors } from '../config-tensors';
import { toModelShapes } from '../reshape';
import type { CurveEntry } from './curve-entry';
import { CurveKeeper, type HowToMeasure, type WantedCurve } from './curve-keeper';
import { type CurveKey, curveKeyOf } from './curve-key';
import type { CurveStore } from './curve-store';
import { SpareRuns } from './spare-runs';

/** Device time of a measurement before a model serves: as long as the load took, within these; and runs of each size. */
const LOAD_LIMIT_US = { least: 2e6, most: 10e6 };
const LOAD_ROUNDS = 9;
/** And of one while it serves: traffic will say more. */
const LIVE_LIMIT_US = 30e6;
const LIVE_ROUNDS = 3;
/** With requests about, a measuring run is followed by a pause of so many times its length: it takes a fifth at most. */
const PAUSE_TIMES = 4;
/** Batches of traffic that a curve is made of where it cannot be measured. */
const LEARNT_BATCHES = 20;
const LEARNS = 'the cost curve is learnt from traffic';
const WAITS_FOR_SHAPES = 'the first request says which shapes are measured';
const SAVE_EVERY_US = 60e6;
const ANNOUNCE_EVERY_US = 2e6;

export interface AutoModeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** 'model "m" version 1', for the log. */
  readonly label: string;
  /** False: its requests are never stacked, so there is nothing to decide. */
  readonly isPossible: boolean;
  /** False: the model is not to be run with anything but requests (`ferry.auto_warmup` off). */
  readonly mayRunZeros: boolean;
  readonly tensors: ServedTensors;
  readonly settings: () => ModelSettings;
  readonly pool: Pick<InstancePool, 'capacity' | 'run'>;
  /** Instances that serve. */
  readonly instances: () => number;
  /** Requests wait or run. */
  readonly hasTraffic: () => boolean;
  readonly deviceOf: (provider: string) => { readonly id: string; readonly name: string };
  /** Version of ONNX Runtime. */
  readonly runtime: string;
  readonly store: CurveStore | null;
  /** What the console shows has changed. */
  readonly onChanged: () => void;
}

/** Sessions that serve now: what they were made with, and on which provider they run. */
interface Serving {
  readonly spec: SessionSpec;
  readonly provider: string;
}

/** A curve that is being got. `isLive`: on instances that serve, between their batches. */
interface Measuring {
  readonly done: Promise<boolean>;
  readonly isLive: boolean;
}

/**
 * Auto mode of one served model: gets its cost curve, lets it learn, and is the batcher's predictor while batching is `auto` and
 * there is a curve. Otherwise it predicts nothing, and everything is as the operator fixed it. Nothing of it ever holds a request
 * up: the first curve is measured before an instance takes requests, any other between batches.
 */
export class AutoMode implements Predictor {
  readonly #options: AutoModeOptions;
  readonly #keeper: CurveKeeper;
  readonly #spare: SpareRuns;
  /** By what sessions were made with: instances that follow load come back to threads they had before. */
  readonly #entries = new Map<string, CurveEntry>();
  readonly #measuring = new Map<string, Measuring>();
  #serving: Serving | null = null;
  #planner: { readonly planner: AutoPlanner; readonly entry: CurveEntry } | null = null;
  /** Of batches that ran while there was no curve. */
  #learnt = { curve: new CostCurve([]), batches: 0 };
  #progress: string | null = null;
  /** What a measurement runs; null while the shapes that the model leaves open are not known. */
  #measured: readonly TensorSpec[] | null;
  #refusedBefore = 0;
  #savedUs: number;
  #announcedUs: number;
  readonly #pauses = new Set<{ readonly timer: Timer; readonly end: () => void }>();
  #stopped = false;

  constructor(options: AutoModeOptions) {
    const { clock, store, logger, label, pool } = options;
    this.#options = options;
    this.#spare = new SpareRuns(pool);
    this.#keeper = new CurveKeeper({ store, logger, label, wallMs: () => clock.wallMs() });
    this.#savedUs = this.#announcedUs = clock.nowUs();
    const { inputs } = options.tensors;
    this.#measured = inputs.some(({ shape }) => shape.slice(1).includes(-1)) ? null : inputs;
  }

  get #isOn(): boolean {
    return this.#options.isPossible && this.#options.settings().batching === 'auto';
  }

  /** Null as soon as the settings say so: that other instances are still starting for them keeps nothing in force. */
  get #acting(): AutoPlanner | null {
    return this.#isOn ? (this.#planner?.planner ?? null) : null;
  }

  get #entry(): CurveEntry | null {
    return this.#serving && (this.#entries.get(idOf(this.#serving.spec)) ?? null);
  }

  /** Null when none was measured. */
  get costCurve(): CostCurveRecord | null {
    const entry = this.#entry;
    if (!entry) return null;
    const { curve, deviceId, source, measuredAtMs, key } = entry;
    const settings = this.#options.settings();
    const bestRows = this.#planner?.planner.cap ?? curve.bestRows(largestBatch(settings));
    return { points: curve.points, bestRows, deviceId, provider: key.provider, source, measuredAtMs };
  }

  /** Null unless batching is `auto`. */
  get state(): AutoState | null {
    if (!this.#isOn) return null;
    const refused = this.#refusedBefore;
    if (!this.#planner) {
      const reason = this.#progress ?? (this.wantsShapes ? WAITS_FOR_SHAPES : LEARNS);
      return { phase: 'measuring', reason, predictionError: null, refused };
    }
    const { planner } = this.#planner;
    const { state } = planner;
    return { ...state, reason: state.reason ?? this.#sloNote(planner), refused: refused + state.refused };
  }

  /** One row alone, microseconds; null when no curve says. */
  get singleRunUs(): number | null {
    return this.#entry?.curve.meanUs(1) ?? null;
  }

  get forecast(): Forecast | null {
    return this.#acting?.forecast ?? null;
  }

  get sloUs(): number {
    return this.#acting?.sloUs ?? Number.POSITIVE_INFINITY;
  }

  predictUs(rows: number): number | null {
    return this.#acting?.predictUs(rows) ?? null;
  }

  admit(rows: number, backlog: Backlog, nowUs: number): EngineError | null {
    return this.#acting?.admit(rows, backlog, nowUs) ?? null;
  }

  requestArrived(rows: number, backlog: Backlog, nowUs: number): void {
    this.#planner?.planner.requestArrived(rows, backlog, nowUs);
  }

  batchStarted(batch: RunningBatch, nowUs: number): void {
    this.#planner?.planner.batchStarted(batch, nowUs);
  }

  batchEnded(batch: RunningBatch, runUs: number | null, nowUs: number): void {
    // Also when auto mode has been switched off meanwhile: the planner knows what runs, and may act again.
    if (this.#planner) this.#planner.planner.batchEnded(batch, runUs, nowUs);
    if (!this.#isOn) return;
    if (!this.#planner && runUs !== null) this.#learn(batch.rows, runUs);
    if (nowUs - this.#announcedUs > ANNOUNCE_EVERY_US) this.#announce();
    if (nowUs - this.#savedUs > SAVE_EVERY_US) void this.save();
  }

  /** A request is needed to know of what size elements are whose dimensions the model leaves open. */
  get wantsShapes(): boolean {
    return this.#measured === null && this.#isOn && this.#options.mayRunZeros && this.#entry === null;
  }

  /** With the shapes of a request that was checked, batches of that kind are measured. */
  sawRequest(inputs: readonly NamedTensor[]): void {
    this.#measured = this.#options.tensors.inputs.map((spec) => {
      const shape = inputs.find(({ name }) => name === spec.name)?.shape ?? spec.shape;
      return { ...spec, shape: [-1, ...shape.slice(1)] };
    });
    if (this.#serving) this.use(this.#serving.spec, this.#serving.provider);
  }

  /** To be called when a batch could go somewhere, before the batcher is told. */
  capacityChanged(): void {
    this.#spare.capacityChanged();
  }

  /**
   * Gets the curve while an instance has loaded and takes no requests yet.
   *
   * @returns true when it was measured on this instance, which is then warm
   */
  async prepare(instance: WarmingInstance, spec: SessionSpec, loadUs: number): Promise<boolean> {
    const { provider } = instance;
    if (!this.#isOn || provider === null) return false;
    const id = idOf(spec);
    const known = this.#entries.get(id);
    if (known?.key.provider === provider) return false;
    const running = this.#measuring.get(id);
    if (running) {
      // One between batches takes long, and never ends where it waits for this instance, the only one that is left.
      if (!running.isLive) await running.done;
      return false;
    }
    const run = async (rows: number) => runUsOf(await instance.run(this.#zeros(rows), null));
    const { least, most } = LOAD_LIMIT_US;
    const limitUs = Math.min(most, Math.max(least, loadUs));
    return this.#obtain({ spec, provider }, { run, limitUs, rounds: LOAD_ROUNDS }, false);
  }

  /** To be called when other sessions serve, or other settings hold. Measures, where something is missing, while they serve. */
  use(spec: SessionSpec, provider: string | null): void {
    this.#serving = provider === null ? null : { spec, provider };
    this.#refresh();
    if (this.#stopped || !this.#isOn || !this.#serving || this.#measuring.has(idOf(spec))) return;
    const entry = this.#entry;
    const { leastRows, mostRows } = this.#range();
    const isWhole = entry && CostCurve.faultOf(entry.curve.points, mostRows, leastRows) === null;
    if (isWhole || (entry && entry.attemptedRows >= mostRows)) return;
    const run = async (rows: number) => {
      const tookUs = runUsOf(await this.#spare.run(this.#zeros(rows)));
      if (this.#options.hasTraffic()) await this.#pauseFor(PAUSE_TIMES * tookUs);
      return tookUs;
    };
    // Instances that follow load may have other threads by now: what they take says nothing of these sessions.
    const isWanted = () => this.#serving !== null && idOf(this.#serving.spec) === idOf(spec);
    void this.#obtain(this.#serving, { run, limitUs: LIVE_LIMIT_US, rounds: LIVE_ROUNDS, isWanted }, true);
  }

  /** Writes the curve that serves to disk as it is by now. */
  async save(): Promise<void> {
    this.#savedUs = this.#options.clock.nowUs();
    const entry = this.#entry;
    if (entry && this.#serving) await this.#keeper.save(this.#serving.spec, entry);
  }

  /** Ends what is being measured, and keeps what was learnt. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#keeper.stop();
    this.#spare.stop();
    for (const { timer, end } of this.#pauses) {
      timer.cancel();
      end();
    }
    await Promise.all([...this.#measuring.values()].map(({ done }) => done));
    await this.save();
  }

  /** @returns true when it was measured */
  async #obtain(serving: Serving, how: Omit<HowToMeasure, 'onRound'>, isLive: boolean): Promise<boolean> {
    const id = idOf(serving.spec);
    const done = this.#obtained(serving, how);
    this.#measuring.set(id, { done, isLive });
    this.#announce();
    try {
      return await done;
    } finally {
      this.#measuring.delete(id);
      this.#progress = null;
      this.#announce();
    }
  }

  async #obtained(serving: Serving, how: Omit<HowToMeasure, 'onRound'>): Promise<boolean> {
    const wanted = this.#wanted(serving);
    this.#progress = 'the cost curve is looked for';
    const kept = await this.#keeper.kept(wanted);
    if (!kept && (!this.#options.mayRunZeros || !this.#measured)) return false;
    const onRound = (round: number, sizes: number) => {
      this.#progress = `the cost curve is measured: ${sizes} batch sizes, round ${round + 1}`;
    };
    const entry = kept ?? (await this.#keeper.measured(wanted, { ...how, onRound }));
    if (entry) this.#adopt(serving, entry);
    return entry !== null && kept === null;
  }

  #adopt(serving: Serving, entry: CurveEntry): void {
    this.#entries.set(idOf(serving.spec), entry);
    this.#serving ??= serving;
    this.#refresh();
  }

  #range(): { readonly leastRows: number; readonly mostRows: number } {
    const settings = this.#options.settings();
    return { leastRows: settings.allowedBatchSizes[0] ?? 1, mostRows: largestBatch(settings) };
  }

  #wanted({ spec, provider }: Serving): WantedCurve {
    const { deviceOf, tensors, settings, runtime } = this.#options;
    const { id: deviceId, name: deviceName } = deviceOf(provider);
    const { inputs } = tensors;
    const key: CurveKey = curveKeyOf({ spec, inputs, provider, deviceId, deviceName, runtime });
    const { allowedBatchSizes } = settings();
    const { leastRows, mostRows } = this.#range();
    const most = mostZeroRows(this.#measured ?? []);
    const all = allowedBatchSizes.length > 0 ? allowedBatchSizes : profiledSizes(mostRows);
    return { spec, key, deviceId, sizes: all.filter((rows) => rows <= most), leastRows, mostRows };
  }

  #zeros(rows: number) {
    return toModelShapes(zeroBatch(this.#measured ?? [], rows), this.#options.tensors.inputReshapes);
  }

  /** The planner of the curve that serves, or none. */
  #refresh(): void {
    const entry = this.#isOn ? this.#entry : null;
    if (entry) entry.curve.allowedSizes = this.#options.settings().allowedBatchSizes;
    if (entry === (this.#planner?.entry ?? null)) return;
    this.#refusedBefore += this.#planner?.planner.state.refused ?? 0;
    this.#planner = entry && { entry, planner: this.#createPlanner(entry.curve) };
    this.#announce();
  }

  #createPlanner(curve: CostCurve): AutoPlanner {
    const { settings, instances, logger, label } = this.#options;
    const planner: AutoPlanner = new AutoPlanner({
      curve,
      get sloUs() {
        const { sloMs } = settings();
        return sloMs === null ? Number.POSITIVE_INFINITY : sloMs * 1000;
      },
      maxBatchSize: () => largestBatch(settings()),
      instances,
      onFallback: (why) => {
        if (planner.state.phase === 'zero-wait') logger.warn(`${label}: ${why}`);
        else logger.info(`${label}: ${why}`);
        this.#announce();
      },
    });
    const note = this.#sloNote(planner);
    if (note !== null) logger.warn(`${label}: ${note}`);
    return planner;
  }

  #sloNote({ sloUs }: AutoPlanner): string | null {
    const singleUs = this.singleRunUs;
    if (singleUs === null || sloUs >= singleUs) return null;
    return `the SLO of ${sloUs / 1000} ms is below what one row takes alone, ${(singleUs / 1000).toPrecision(3)} ms: only requests that find an idle instance are taken`;
  }

  /** Without measured curve: traffic makes one. */
  #learn(rows: number, runUs: number): void {
    if (this.#measuring.size > 0 || this.wantsShapes || !this.#serving) return;
    this.#learnt.curve.record(rows, runUs);
    if (++this.#learnt.batches < LEARNT_BATCHES) return;
    const { key, deviceId, mostRows } = this.#wanted(this.#serving);
    const measuredAtMs = this.#options.clock.wallMs();
    const { curve } = this.#learnt;
    this.#learnt = { curve: new CostCurve([]), batches: 0 };
    this.#adopt(this.#serving, {
      curve,
      key,
      deviceId,
      source: 'measured',
      measuredAtMs,
      attemptedRows: mostRows,
    });
  }

  #pauseFor(us: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      if (this.#stopped) return resolve();
      const end = () => {
        this.#pauses.delete(pause);
        resolve();
      };
      const pause = { timer: clock.callAt(clock.nowUs() + us, end), end };
      this.#pauses.add(pause);
    });
  }

  #announce(): void {
    this.#announcedUs = this.#options.clock.nowUs();
    this.#options.onChanged();
  }
}

/** Equal for sessions of one kind. */
const idOf = (spec: SessionSpec): string => JSON.stringify(spec);

interface RunTimes {
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
}

const runUsOf = ({ computeInputUs, computeInferUs, computeOutputUs }: RunTimes): number =>
  computeInputUs + computeInferUs + computeOutputUs;
