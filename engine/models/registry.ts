import { Emitter, EngineError, invalid, toEngineError } from '../base';
import {
  type BatchRecord,
  type ChangeMark,
  type ModelCounters,
  type ModelInspection,
  type ModelSettings,
  type ModelSettingsPatch,
  type ModelSummary,
  modelSettingsSchema,
  type TensorSpec,
} from '../contract';
import type { InferenceRequest, InferenceResult, ModelStatistics } from '../inference';
import { describeChange } from './describe-change';
import { importModel, removeModel } from './import-model';
import { inspectModel } from './inspect-model';
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
  readonly context: Omit<ServingContext, 'onInstanceLost' | 'onInstancesChanged'>;
}

/** How often the repository folder is looked at for changed files. */
const POLL_US = 2e6;

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
  #scanned: readonly ScannedModel[] = [];
  #scanning: Promise<void> = Promise.resolve();
  #started = false;
  #closed = false;
  #announceIsDue = false;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#context = {
      ...options.context,
      onInstanceLost: (model, message) => this.marks.emit({ model, kind: 'instance', text: message }),
      onInstancesChanged: () => this.#announceSoon(),
    };
  }

  /** Reads the repository and loads what was loaded when the engine last stopped; at the very first start, everything. */
  async start(): Promise<void> {
    await this.rescan();
    const { dataPath, context } = this.#options;
    const remembered = await loadState(dataPath, context.logger);
    const entries = (remembered?.loaded ?? [...this.#entries.keys()]).flatMap(
      (name) => this.#entries.get(name) ?? [],
    );
    // All at once, so that "ready" does not flicker between the first model and the last.
    for (const entry of entries) entry.want();
    this.#started = true;
    for (const { name } of entries) {
      await this.load(name).catch((error: unknown) =>
        context.logger.error(`model "${name}" was not loaded: ${toEngineError(error).message}`),
      );
    }
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

  /** Serving instances per device; `deviceOf` maps a provider to the device it runs on. */
  instancesByDevice(deviceOf: (provider: string) => string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const entry of this.#entries.values()) {
      for (const { provider, instances } of entry.instancesByProvider()) {
        const device = deviceOf(provider);
        counts.set(device, (counts.get(device) ?? 0) + instances);
      }
    }
    return counts;
  }

  recentBatches(name: string): readonly BatchRecord[] {
    return this.#entry(name).stats.recentBatches();
  }

  /** Every model that should serve does. A model that was unloaded on purpose does not count. */
  get isReady(): boolean {
    return this.#started && !this.#closed && [...this.#entries.values()].every((entry) => entry.isAsWanted);
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
      .filter((entry) => entry.isServing)
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((entry) => entry.statistics(null));
  }

  inputsOf(name: string, version: string | null): readonly TensorSpec[] {
    return this.#entry(name).specOf(version).inputs;
  }

  specOf(name: string, version: string | null) {
    return this.#entry(name).specOf(version);
  }

  /** Resolves when it serves. A loaded model is loaded anew from disk, the old one serving until the new one does. */
  async load(name: string): Promise<ModelSummary> {
    const entry = this.#entry(name);
    await entry.load(this.#options.repositoryPath, this.#options.cpuBudget, this.#options.drainLimitUs);
    this.marks.emit({ model: name, kind: 'load', text: `${name} loaded` });
    await this.#remember();
    return entry.summary();
  }

  /** Resolves when its requests are answered and its memory is given back. */
  async unload(name: string): Promise<void> {
    await this.#entry(name).unload(this.#options.drainLimitUs);
    this.marks.emit({ model: name, kind: 'unload', text: `${name} unloaded` });
    await this.#remember();
  }

  inspect(path: string): Promise<ModelInspection> {
    return inspectModel(path, { cpuBudget: this.#options.cpuBudget, takenNames: [...this.#entries.keys()] });
  }

  /** Copies a file or folder into the repository and loads it. */
  async import(path: string, name: string | null): Promise<ModelSummary> {
    const wanted = name ?? (await this.inspect(path)).suggestedName;
    await importModel({ path, name: wanted, repositoryPath: this.#options.repositoryPath });
    await this.rescan();
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
    const settings = validSettings({ ...before, ...patch });
    const text = describeChange(before, settings);
    if (text === '') return entry.summary();
    await entry.updateSettings(patch, keep);
    this.marks.emit({ model: name, kind: 'settings', text });
    return entry.summary();
  }

  /** Reads the repository folder again and follows what changed there. */
  rescan(): Promise<void> {
    const next = this.#scanning.then(() => this.#scan());
    this.#scanning = next.catch(() => undefined);
    return next;
  }

  async #scan(): Promise<void> {
    const { repositoryPath, cpuBudget, drainLimitUs, context } = this.#options;
    const known = new Map([...this.#entries].map(([name, entry]) => [name, entry.scanned]));
    const found = await scanRepository(repositoryPath, { cpuBudget, previous: this.#scanned });
    const changes = planChanges(this.#scanned, found);
    this.#scanned = found;
    for (const scanned of changes.added)
      this.#entries.set(scanned.name, new RegistryEntry(scanned, this.#context, () => this.#announceSoon()));
    for (const name of changes.removed) {
      const entry = this.#entries.get(name);
      this.#entries.delete(name);
      void entry?.unload(drainLimitUs);
    }
    for (const { scanned, kind } of changes.modified) {
      context.logger.info(`model "${scanned.name}" changed on disk (${kind})`);
      const { name } = scanned;
      const entry = this.#entries.get(name);
      const text = await entry?.follow(scanned, kind, known.get(name), drainLimitUs);
      if (entry && text === null)
        this.#scanned = this.#scanned.map((one) => (one.name === name ? entry.scanned : one));
      if (text) this.marks.emit({ model: scanned.name, kind: 'settings', text });
    }
    if (changes.added.length + changes.removed.length + changes.modified.length > 0) this.#announceSoon();
  }

  #pollSoon(): void {
    const { clock, logger } = this.#options.context;
    clock.callAt(clock.nowUs() + POLL_US, () => {
      if (this.#closed) return;
      this.rescan()
        .catch((error: unknown) =>
          logger.warn(`the repository could not be read: ${toEngineError(error).message}`),
        )
        .finally(() => this.#pollSoon());
    });
  }

  #entry(name: string): RegistryEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw new EngineError('MODEL_UNKNOWN', `Request for unknown model: '${name}' is not found`);
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

function validSettings(settings: ModelSettings): ModelSettings {
  const checked = modelSettingsSchema.safeParse(settings);
  if (checked.success) return checked.data;
  throw invalid(checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
