import { rm } from 'node:fs/promises';
import { Emitter, EngineError, invalid, toEngineError } from '../base';
import type { ModelConfig } from '../config';
import type {
  BatchRecord,
  ChangeMark,
  ModelConfiguration,
  ModelControlMode,
  ModelCounters,
  ModelInspection,
  ModelSettingsPatch,
  ModelSummary,
  TensorSpec,
} from '../contract';
import type {
  InferenceRequest,
  InferenceResult,
  LoadOverride,
  ModelStatistics,
  RepositoryIndexEntry,
} from '../inference';
import { AppearingModels } from './appearing-models';
import { checkSettings } from './check-settings';
import { describeChange } from './describe-change';
import { type DeviceUse, deviceUseOf } from './device-use';
import { importModel, removeModel } from './import-model';
import { inspectModel } from './inspect-model';
import { NO_OVERRIDE, readLoadSource, requireLoadable, unknownModel } from './load-source';
import { DEFAULT_MODEL_CONTROL, type ModelControl, modelsAtStart } from './model-control';
import { overridesPath } from './override-folder';
import { planChanges } from './plan-changes';
import { RegistryEntry } from './registry-entry';
import { type ScannedModel, scanRepository } from './repository';
import type { ServedModel, ServingContext } from './served-model';
import { loadState, saveState } from './state-file';

export interface ModelRegistryOptions {
  readonly repositoryPath: string;
  readonly dataPath: string;
  readonly cpuBudget: number;
  readonly drainLimitUs: number;
  /** What it leaves out is as in `DEFAULT_MODEL_CONTROL`. */
  readonly control?: Partial<ModelControl>;
  readonly context: Omit<ServingContext, 'onInstanceLost' | 'onInstancesChanged' | 'onScaled'>;
}

/** A mark before it has its number and time. */
export type MarkText = Pick<ChangeMark, 'model' | 'kind' | 'text'>;

/**
 * The models that live: what is on disk, what is loaded, and which version answers. The repository folder is the truth; it is
 * looked at every two seconds, and a changed `config.pbtxt` has the same effect as the console's sliders.
 */
export class ModelRegistry {
  readonly changed = new Emitter<void>();
  readonly marks = new Emitter<MarkText>();
  readonly #options: ModelRegistryOptions;
  readonly #entries = new Map<string, RegistryEntry>();
  readonly #context: ServingContext;
  readonly #control: ModelControl;
  readonly #appearing = new AppearingModels();
  /** Names in the folder at the last look. */
  #present: ReadonlySet<string> = new Set();
  #scanned: readonly ScannedModel[] = [];
  #scanning: Promise<void> = Promise.resolve();
  #started = false;
  #closed = false;
  #announceIsDue = false;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#control = { ...DEFAULT_MODEL_CONTROL, ...options.control };
    this.#context = {
      ...options.context,
      onInstanceLost: (model, message) => this.marks.emit({ model, kind: 'instance', text: message }),
      onInstancesChanged: () => this.#announceSoon(),
      onScaled: (model, text) => this.marks.emit({ model, kind: 'scale', text }),
    };
  }

  /**
   * Reads the repository and loads what was loaded when the engine last stopped (at the very first start everything), or in
   * `explicit` mode what the operator named. Rejects with MODEL_INVALID when a model does not load and `exitOnError` is set.
   */
  async start(): Promise<void> {
    const { dataPath, context } = this.#options;
    await rm(overridesPath(dataPath), { recursive: true, force: true });
    await this.rescan();
    const remembered = await loadState(dataPath, context.logger);
    const names = modelsAtStart(this.#control, [...this.#entries.keys()], remembered?.loaded ?? null);
    // All at once, so that "ready" does not flicker between the first model and the last.
    for (const name of names) this.#entries.get(name)?.want();
    this.#started = true;
    const failures: string[] = [];
    for (const name of names) {
      await this.load(name).catch((error: unknown) => {
        const failure = `model "${name}" was not loaded: ${toEngineError(error).message}`;
        context.logger.error(failure);
        failures.push(failure);
      });
    }
    if (failures.length > 0 && this.#control.exitOnError)
      throw new EngineError('MODEL_INVALID', failures.join('; '));
    this.#pollSoon();
  }

  /** Drains and unloads everything. What was loaded is remembered for the next start. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.#scanning;
    await Promise.all([...this.#entries.values()].map((entry) => entry.unload(this.#options.drainLimitUs)));
  }

  summaries(): readonly ModelSummary[] {
    return [...this.#entries.values()]
      .map((entry) => entry.summary())
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  summary(name: string): ModelSummary {
    return this.#entry(name).summary();
  }

  counters(): readonly ModelCounters[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.isKnownToMetrics)
      .map((entry) => entry.counters());
  }

  /** What serves on each device. */
  deviceUse(): ReadonlyMap<string, DeviceUse> {
    return deviceUseOf([...this.#entries.values()].flatMap((entry) => entry.deviceShares));
  }

  recentBatches(name: string): readonly BatchRecord[] {
    return this.#entry(name).stats.recentBatches();
  }

  /** Every model that should serve does, unless readiness is not strict. A model that was unloaded on purpose does not count. */
  get isReady(): boolean {
    if (!this.#started || this.#closed) return false;
    return !this.#control.strictReadiness || [...this.#entries.values()].every((entry) => entry.isAsWanted);
  }

  get controlMode(): ModelControlMode {
    return this.#control.mode;
  }

  /** Rejects with MODEL_UNKNOWN, VERSION_NOT_FOUND, MODEL_NOT_READY, or as `ServedModel.infer`. */
  infer(request: InferenceRequest): Promise<InferenceResult> {
    let served: ServedModel;
    try {
      served = this.served(request.model, request.version);
    } catch (error) {
      this.#entries.get(request.model)?.stats.recordFailure(toEngineError(error).code);
      return Promise.reject(error);
    }
    return served.infer(request);
  }

  /** The version that answers, or why there is none. */
  served(name: string, version: string | null): ServedModel {
    if (this.#closed)
      throw new EngineError('SHUTTING_DOWN', 'the engine is stopping', { retryAfterSeconds: 5 });
    return this.#entry(name).served(version);
  }

  /** Of the versions that serve: of one, of all of a model, or, when `name` is null, of all models. Throws as `served` does. */
  statistics(name: string | null, version: string | null): readonly ModelStatistics[] {
    if (name !== null) return this.#entry(name).statistics(version);
    return [...this.#entries.values()]
      .filter((entry) => entry.summary().state === 'ready')
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((entry) => entry.statistics(null));
  }

  /** What the metrics show, by name. */
  metrics() {
    return [...this.#entries.values()]
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((entry) => entry.metrics() ?? []);
  }

  inputsOf(name: string, version: string | null): readonly TensorSpec[] {
    return this.#entry(name).specOf(version).inputs;
  }

  specOf(name: string, version: string | null) {
    return this.#entry(name).specOf(version);
  }

  /** The configuration in force, completed from the model's file and the defaults. Throws as `served`. */
  configOf(name: string, version: string | null): ModelConfig {
    return this.#entry(name).config(version);
  }

  /** Every value of the configuration in force and where it comes from; MODEL_UNKNOWN, or why its folder cannot be read. */
  configuration(name: string): ModelConfiguration {
    return this.#entry(name).configuration();
  }

  /** Labels of an output's classes, by the model's labels file; null when it has none. Throws as `served`. */
  labelsOf(name: string, version: string | null, output: string): readonly string[] | null {
    return this.#entry(name).labelsOf(version, output);
  }

  /** The repository's index, by name and version. */
  index(readyOnly: boolean): readonly RepositoryIndexEntry[] {
    return [...this.#entries.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => entry.index(readyOnly));
  }

  /**
   * Resolves when it serves. A loaded model is loaded anew, the old one serving until the new one does.
   *
   * @param override what to load in place of what lies in the repository; holds until the model is loaded again or unloaded
   * Errors: MODEL_UNKNOWN, INVALID_ARGUMENT (override), MODEL_INVALID, UNSUPPORTED, INSTANCE_LOST.
   */
  async load(name: string, override: LoadOverride = NO_OVERRIDE): Promise<ModelSummary> {
    if (!this.#entries.has(name)) await requireLoadable(this.#options.repositoryPath, name, override);
    const entry = this.#entries.get(name) ?? this.#entryOf(name);
    await entry.load(() => readLoadSource(this.#options, name, override), this.#options.drainLimitUs);
    this.#appearing.forget(name);
    this.marks.emit({ model: name, kind: 'load', text: `${name} loaded` });
    await this.#remember();
    return entry.summary();
  }

  /** Resolves when its requests are answered and its memory is given back. */
  async unload(name: string, onRefusing?: () => void): Promise<void> {
    this.#appearing.forget(name);
    await this.#entry(name).unload(this.#options.drainLimitUs, onRefusing);
    this.marks.emit({ model: name, kind: 'unload', text: `${name} unloaded` });
    await this.#remember();
  }

  /** As `unload`, but resolves when it takes no more requests. */
  beginUnload(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.unload(name, resolve).then(resolve, reject);
    });
  }

  inspect(path: string): Promise<ModelInspection> {
    return inspectModel(path, { cpuBudget: this.#options.cpuBudget, takenNames: [...this.#entries.keys()] });
  }

  /** Copies a file or folder into the repository and loads it. */
  async import(path: string, name: string | null): Promise<ModelSummary> {
    const wanted = name ?? (await this.inspect(path)).suggestedName;
    await importModel({ path, name: wanted, repositoryPath: this.#options.repositoryPath });
    await this.rescan();
    this.#appearing.forget(wanted);
    return this.load(wanted);
  }

  /** Deletes the folder of a model that is not loaded. */
  async remove(name: string): Promise<void> {
    const { state } = this.#entry(name).summary();
    if (state !== 'unavailable') throw invalid(`model "${name}" is ${state}: unload it before removing it`);
    await removeModel(this.#options.repositoryPath, name);
    await this.rescan();
  }

  /**
   * Applies new settings to what serves and, unless `keep` is false, writes them into the model's config.pbtxt. What is not
   * kept is gone with the next load.
   */
  async updateSettings(name: string, patch: ModelSettingsPatch, keep = true): Promise<ModelSummary> {
    const entry = this.#entry(name);
    const before = entry.summary().settings;
    checkSettings(entry.scanned.definition, patch);
    const text = describeChange(before, { ...before, ...patch });
    if (text === '') return entry.summary();
    await entry.updateSettings(patch, keep, this.#options.drainLimitUs);
    this.marks.emit({ model: name, kind: 'settings', text });
    return entry.summary();
  }

  /** What `updateSettings` would do to the model's config.pbtxt, as a unified diff; '' for nothing. */
  async previewSettings(name: string, patch: ModelSettingsPatch): Promise<string> {
    const entry = this.#entry(name);
    return entry.previewSettings(patch);
  }

  /** Reads the repository folder again and follows what changed there. */
  rescan(): Promise<void> {
    const next = this.#scanning.then(() => this.#scan());
    this.#scanning = next.catch(() => undefined);
    return next;
  }

  async #scan(): Promise<void> {
    const { repositoryPath, cpuBudget } = this.#options;
    const known = new Map([...this.#entries].map(([name, entry]) => [name, entry.scanned]));
    const found = await scanRepository(repositoryPath, { cpuBudget, previous: this.#scanned });
    const changes = planChanges(this.#scanned, found);
    this.#scanned = found;
    for (const scanned of changes.added) this.#appeared(scanned);
    const gone = this.#forgetGone(found);
    for (const { scanned, kind } of changes.modified) await this.#modified(scanned, kind, known);
    if (gone + changes.added.length + changes.modified.length > 0) this.#announceSoon();
  }

  #appeared(scanned: ScannedModel): void {
    // A load request may have brought it here before its folder came.
    if (this.#entries.has(scanned.name)) return;
    this.#newEntry(scanned);
    if (this.#started && this.#follows) this.#appearing.appeared(scanned.name);
  }

  /** Lets models go whose folder is gone. Without following, those that are loaded stay. */
  #forgetGone(found: readonly ScannedModel[]): number {
    const present = new Set(found.map(({ name }) => name));
    let gone = 0;
    for (const [name, entry] of this.#entries) {
      const isFollowed = this.#follows && !entry.isOverridden && this.#present.has(name);
      if (present.has(name) || !(entry.isIdle || isFollowed)) continue;
      this.#entries.delete(name);
      this.#appearing.forget(name);
      void entry.unload(this.#options.drainLimitUs);
      gone += 1;
    }
    this.#present = present;
    return gone;
  }

  async #modified(
    scanned: ScannedModel,
    kind: 'config' | 'files',
    known: ReadonlyMap<string, ScannedModel>,
  ): Promise<void> {
    const { name } = scanned;
    const entry = this.#entries.get(name);
    if (!entry || (entry.isWanted && !this.#follows)) return;
    this.#options.context.logger.info(`model "${name}" changed on disk (${kind})`);
    this.#appearing.changed(name);
    const text = await entry.follow(scanned, kind, known.get(name), this.#options.drainLimitUs);
    if (text === null) this.#scanned = this.#scanned.map((one) => (one.name === name ? entry.scanned : one));
    if (text) this.marks.emit({ model: name, kind: 'settings', text });
  }

  get #follows(): boolean {
    return this.#control.mode === 'poll';
  }

  #pollSoon(): void {
    const { clock, logger } = this.#options.context;
    clock.callAt(clock.nowUs() + this.#control.pollUs, () => {
      if (this.#closed) return;
      this.rescan()
        .then(() => this.#loadAppeared())
        .catch((error: unknown) =>
          logger.warn(`the repository could not be read: ${toEngineError(error).message}`),
        )
        .finally(() => this.#pollSoon());
    });
  }

  #loadAppeared(): void {
    if (this.#closed) return;
    for (const name of this.#appearing.takeDue()) {
      this.load(name).catch((error: unknown) => {
        // Nobody asked for it by name, so it does not make the server unready.
        this.#entries.get(name)?.forgetWish();
        const { message } = toEngineError(error);
        this.#options.context.logger.warn(`model "${name}" appeared and was not loaded: ${message}`);
      });
    }
  }

  #entryOf(name: string): RegistryEntry {
    const error = new EngineError('NOT_FOUND', `model "${name}" is not in the repository`);
    return this.#newEntry({ name, definition: null, error });
  }

  #newEntry(scanned: ScannedModel): RegistryEntry {
    const entry = new RegistryEntry(scanned, this.#context, () => this.#announceSoon());
    this.#entries.set(scanned.name, entry);
    return entry;
  }

  #entry(name: string): RegistryEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw unknownModel(name);
    return entry;
  }

  async #remember(): Promise<void> {
    if (this.#closed) return;
    const loaded = [...this.#entries.values()].filter((entry) => entry.isWanted).map((entry) => entry.name);
    await saveState(this.#options.dataPath, { loaded });
  }

  /** Many things change together; the console hears of them once. */
  #announceSoon(): void {
    if (this.#announceIsDue) return;
    this.#announceIsDue = true;
    const { clock } = this.#options.context;
    clock.callAt(clock.nowUs(), () => {
      this.#announceIsDue = false;
      this.changed.emit();
    });
  }
}
