import { rm } from 'node:fs/promises';
import { Emitter, EngineError, invalid, toEngineError } from '../base';
import type {
  ChangeMark,
  DeviceMemory,
  ModelControlMode,
  ModelInspection,
  ModelSettingsPatch,
  ModelSummary,
} from '../contract';
import type { InferenceRequest, InferenceResult, LoadOverride } from '../inference';
import { AppearingModels } from './appearing-models';
import { CurveStore } from './auto';
import { describeChange } from './describe-change';
import { type FoundChange, FoundChanges } from './found-changes';
import { importModel, removeModel } from './import-model';
import { inspectModel } from './inspect-model';
import { NO_OVERRIDE, readLoadSource, requireLoadable } from './load-source';
import type { MemoryBudget } from './memory';
import { DEFAULT_MODEL_CONTROL, type ModelControl, modelsAtStart } from './model-control';
import { overridesPath } from './override-folder';
import { planChanges } from './plan-changes';
import { RegistryEntry } from './registry-entry';
import { RegistryViews } from './registry-views';
import { type ScannedModel, scanRepository } from './repository';
import { MEMORY_SETTINGS, ResidentModels } from './resident-models';
import type { ServedModel } from './served-model';
import type { ServingContext } from './serving-context';
import { loadState, saveState } from './state-file';

export interface ModelRegistryOptions {
  readonly repositoryPath: string;
  readonly dataPath: string;
  readonly cpuBudget: number;
  readonly drainLimitUs: number;
  /** What it leaves out is as in `DEFAULT_MODEL_CONTROL`. */
  readonly control?: Partial<ModelControl>;
  /** What models may take of a device; absent: no limits. */
  readonly memoryBudgetOf?: (deviceId: string) => MemoryBudget;
  readonly context: Omit<ServingContext, 'curves' | 'onInstanceLost' | 'onInstancesChanged' | 'onScaled'>;
}

/** A mark before it has its number and time. */
export type MarkText = Pick<ChangeMark, 'model' | 'kind' | 'text'>;

/**
 * The models that live: what is on disk, what is loaded, and which version answers. The repository folder is the truth; it is
 * looked at every two seconds, and a changed `config.pbtxt` has the same effect as the console's sliders.
 */
export class ModelRegistry extends RegistryViews {
  readonly changed = new Emitter<void>();
  readonly marks = new Emitter<MarkText>();
  readonly #options: ModelRegistryOptions;
  readonly #context: ServingContext;
  readonly #control: ModelControl;
  readonly #appearing = new AppearingModels();
  readonly #found = new FoundChanges();
  readonly residents: ResidentModels;
  /** Names in the folder at the last look. */
  #present: ReadonlySet<string> = new Set();
  #scanned: readonly ScannedModel[] = [];
  #scanning: Promise<void> = Promise.resolve();
  #started = false;
  #closed = false;
  #announceIsDue = false;

  constructor(options: ModelRegistryOptions) {
    super();
    this.#options = options;
    this.#control = { ...DEFAULT_MODEL_CONTROL, ...options.control };
    this.#context = {
      ...options.context,
      curves: new CurveStore(options.dataPath),
      onInstanceLost: (model, message) => this.marks.emit({ model, kind: 'instance', text: message }),
      onInstancesChanged: () => this.#announceSoon(),
      onScaled: (model, text) => {
        this.residents.scaled(model);
        this.marks.emit({ model, kind: 'scale', text });
      },
      obstacleToInstances: (model, further) => this.residents.obstacleToInstances(model, further),
    };
    this.residents = new ResidentModels({
      context: options.context,
      drainLimitUs: options.drainLimitUs,
      budgetOf: options.memoryBudgetOf,
      entry: (name) => this.entries.get(name),
      entries: () => this.entries.values(),
      onEviction: (model, text) => this.marks.emit({ model, kind: 'eviction', text }),
      onColdStart: (model, text) => this.marks.emit({ model, kind: 'load', text }),
    });
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
    const names = modelsAtStart(this.#control, [...this.entries.keys()], remembered?.loaded ?? null);
    this.residents.checkBudgets(names);
    // All at once, so that "ready" does not flicker between the first model and the last.
    for (const name of names) this.entries.get(name)?.want();
    this.#started = true;
    const failures: string[] = [];
    for (const name of this.residents.startOrder(names)) {
      if (this.residents.waitsForRequest(this.entries.get(name))) continue;
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
    await Promise.all([...this.entries.values()].map((entry) => entry.unload(this.#options.drainLimitUs)));
  }

  /** Every model that should serve does, unless readiness is not strict. A model that was unloaded on purpose does not count. */
  get isReady(): boolean {
    if (!this.#started || this.#closed) return false;
    return !this.#control.strictReadiness || [...this.entries.values()].every((entry) => entry.isAsWanted);
  }

  get controlMode(): ModelControlMode {
    return this.#control.mode;
  }

  /** Rejects with MODEL_UNKNOWN, VERSION_NOT_FOUND, MODEL_NOT_READY, or as `ServedModel.infer`. */
  infer(request: InferenceRequest): Promise<InferenceResult> {
    try {
      return this.residents.infer(this.#openEntry(request.model), request);
    } catch (error) {
      this.entries.get(request.model)?.stats.recordFailure(toEngineError(error).code);
      return Promise.reject(error);
    }
  }

  /** The version that answers, or why there is none. */
  served(name: string, version: string | null): ServedModel {
    return this.#openEntry(name).served(version);
  }

  /** Requests are taken: it serves, or is loaded with the first one. Throws as `served`, but for MODEL_NOT_READY. */
  takesRequests(name: string, version: string | null): boolean {
    try {
      const entry = this.#openEntry(name);
      entry.answering(version);
      return entry.isOnCall || entry.served(version).readyInstances > 0;
    } catch (error) {
      if (error instanceof EngineError && error.code === 'MODEL_NOT_READY') return false;
      throw error;
    }
  }

  #openEntry(name: string): RegistryEntry {
    if (this.#closed)
      throw new EngineError('SHUTTING_DOWN', 'the engine is stopping', { retryAfterSeconds: 5 });
    return this.entry(name);
  }

  /** Who holds memory, of the devices given and of all that hold a model. */
  memory(deviceIds: readonly string[]): readonly DeviceMemory[] {
    return this.residents.devices(deviceIds);
  }

  /**
   * Resolves when it serves. A loaded model is loaded anew, the old one serving until the new one does.
   *
   * @param override what to load in place of what lies in the repository; holds until the model is loaded again or unloaded
   * Errors: MODEL_UNKNOWN, INVALID_ARGUMENT (override), MODEL_INVALID, UNSUPPORTED, INSTANCE_LOST.
   */
  async load(name: string, override: LoadOverride = NO_OVERRIDE): Promise<ModelSummary> {
    if (!this.entries.has(name)) await requireLoadable(this.#options.repositoryPath, name, override);
    const entry = this.entries.get(name) ?? this.#entryOf(name);
    const read = () => readLoadSource(this.#options, name, override);
    return this.#loaded(entry, () => entry.load(read, this.#options.drainLimitUs));
  }

  async #loaded(entry: RegistryEntry, load: () => Promise<void>): Promise<ModelSummary> {
    const { name } = entry;
    await this.residents.turn(load);
    this.#appearing.forget(name);
    this.marks.emit({ model: name, kind: 'load', text: `${name} loaded` });
    await this.#remember();
    return entry.summary();
  }

  /** Resolves when its requests are answered and its memory is given back. */
  async unload(name: string, onRefusing?: () => void): Promise<void> {
    this.#appearing.forget(name);
    await this.entry(name).unload(this.#options.drainLimitUs, onRefusing);
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
    return inspectModel(path, { cpuBudget: this.#options.cpuBudget, takenNames: [...this.entries.keys()] });
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
    const { state } = this.entry(name).summary();
    if (state !== 'unavailable') throw invalid(`model "${name}" is ${state}: unload it before removing it`);
    await removeModel(this.#options.repositoryPath, name);
    await this.rescan();
  }

  /**
   * Applies new settings to what serves and, unless `keep` is false, writes them into the model's config.pbtxt. What is not
   * kept is gone with the next load.
   */
  async updateSettings(name: string, patch: ModelSettingsPatch, keep = true): Promise<ModelSummary> {
    const entry = this.entry(name);
    const before = entry.summary().settings;
    this.residents.checkPatch(entry, patch);
    const text = describeChange(before, { ...before, ...patch });
    if (text === '') return entry.summary();
    const update = async () => {
      this.residents.checkPatch(entry, patch);
      await entry.updateSettings(patch, keep, this.#options.drainLimitUs);
    };
    await (MEMORY_SETTINGS.some((key) => key in patch) ? this.residents.turn(update) : update());
    this.marks.emit({ model: name, kind: 'settings', text });
    return entry.summary();
  }

  /** What `updateSettings` would do to the model's config.pbtxt, as a unified diff; '' for nothing. */
  async previewSettings(name: string, patch: ModelSettingsPatch): Promise<string> {
    const entry = this.entry(name);
    return entry.previewSettings(patch);
  }

  /** Reads the repository folder again and follows what changed there. */
  async rescan(): Promise<void> {
    const { followed } = await this.#look();
    await followed;
  }

  /** What is found is followed while the next look is on: that one model takes long to load keeps no other from being seen. */
  #look(): Promise<{ readonly followed: Promise<void> }> {
    const next = this.#scanning.then(() => this.#scan());
    this.#scanning = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  /** @returns `followed` once each change has had its turn; it rejects with the first failure. */
  async #scan(): Promise<{ readonly followed: Promise<void> }> {
    const { repositoryPath, cpuBudget } = this.#options;
    const known = new Map([...this.entries].map(([name, entry]) => [name, entry.scanned]));
    const found = await scanRepository(repositoryPath, { cpuBudget, previous: this.#scanned });
    const changes = planChanges(this.#scanned, found);
    this.#scanned = found;
    for (const scanned of changes.added) this.#appeared(scanned);
    const gone = this.#forgetGone(found);
    if (gone + changes.added.length > 0) this.#announceSoon();
    const followed = this.#followAll(
      changes.modified.map((change) => ({ ...change, known: known.get(change.scanned.name) })),
    );
    // Whoever looked may not ask how it went.
    followed.catch(() => undefined);
    return { followed };
  }

  /** Each asks for its turn at once: one after the other they would each wait behind all that was asked for meanwhile. */
  async #followAll(changes: readonly FoundChange[]): Promise<void> {
    const followed = await Promise.allSettled(changes.map((change) => this.#modified(change)));
    const failure = followed.find(({ status }) => status === 'rejected');
    if (changes.length > 0) this.#announceSoon();
    if (failure?.status === 'rejected') throw failure.reason;
  }

  #appeared(scanned: ScannedModel): void {
    // A load request may have brought it here before its folder came.
    if (this.entries.has(scanned.name)) return;
    this.#newEntry(scanned);
    if (this.#started && this.#follows) this.#appearing.appeared(scanned.name);
  }

  /** Lets models go whose folder is gone. Without following, those that are loaded stay. */
  #forgetGone(found: readonly ScannedModel[]): number {
    const present = new Set(found.map(({ name }) => name));
    let gone = 0;
    for (const [name, entry] of this.entries) {
      const isFollowed = this.#follows && !entry.isOverridden && this.#present.has(name);
      if (present.has(name) || !(entry.isIdle || isFollowed)) continue;
      this.entries.delete(name);
      this.#appearing.forget(name);
      this.residents.leaving(name, entry.unload(this.#options.drainLimitUs));
      gone += 1;
    }
    this.#present = present;
    return gone;
  }

  #modified(change: FoundChange): Promise<void> {
    const { name } = change.scanned;
    const entry = this.entries.get(name);
    if (!entry || (entry.isWanted && !this.#follows)) return Promise.resolve();
    this.#options.context.logger.info(`model "${name}" changed on disk (${change.kind})`);
    this.#appearing.changed(name);
    return this.#found.add(entry, change, async (take) => {
      const text = await this.residents.turn(() => entry.follow(take(), this.#options.drainLimitUs));
      if (text === null)
        this.#scanned = this.#scanned.map((one) => (one.name === name ? entry.scanned : one));
      if (text) this.marks.emit({ model: name, kind: 'settings', text });
    });
  }

  get #follows(): boolean {
    return this.#control.mode === 'poll';
  }

  #pollSoon(): void {
    const { clock, logger } = this.#options.context;
    clock.callAt(clock.nowUs() + this.#control.pollUs, () => {
      if (this.#closed) return;
      const warn = (error: unknown) =>
        logger.warn(`the repository could not be read: ${toEngineError(error).message}`);
      this.#look()
        .then(({ followed }) => {
          followed.catch(warn);
          this.#loadAppeared();
        }, warn)
        .finally(() => this.#pollSoon());
    });
  }

  #loadAppeared(): void {
    if (this.#closed) return;
    for (const name of this.#appearing.takeDue()) {
      const entry = this.entries.get(name);
      if (!entry) continue;
      const read = () => readLoadSource(this.#options, name, NO_OVERRIDE);
      this.#loaded(entry, () => entry.tryLoad(read, this.#options.drainLimitUs)).catch((error: unknown) => {
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
    const entry = new RegistryEntry(scanned, this.#context, this.residents.occupancyOf(scanned.name), () =>
      this.#announceSoon(),
    );
    this.entries.set(scanned.name, entry);
    return entry;
  }

  async #remember(): Promise<void> {
    if (this.#closed) return;
    const loaded = [...this.entries.values()].filter((entry) => entry.isWanted).map((entry) => entry.name);
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
