import { EngineError, toEngineError } from '../base';
import { patchModelConfig, settingsOf } from '../config';
import type {
  ModelCounters,
  ModelSettings,
  ModelSettingsPatch,
  ModelState,
  ModelSummary,
  SettingOrigin,
} from '../contract';
import type { ModelStatistics } from '../inference';
import { ModelStats } from '../metrics';
import { describeChange } from './describe-change';
import { moveModel } from './lifecycle';
import {
  fingerprintOf,
  type ModelDefinition,
  type ModelVersion,
  readModelDefinition,
  writeSettings,
} from './model-definition';
import type { ScannedModel } from './repository';
import { ServedModel, type ServingContext } from './served-model';

/** One model of the registry: its definition on disk, its state, and the versions that serve. */
export class RegistryEntry {
  readonly name: string;
  readonly stats: ModelStats;
  readonly #context: ServingContext;
  readonly #changed: () => void;
  #scanned: ScannedModel;
  #state: ModelState = 'unavailable';
  #reason: string | null;
  #served = new Map<string, ServedModel>();
  #loadDurationMs: number | null = null;
  /** Loading and unloading of one model go one after the other, in the order asked. */
  #work: Promise<unknown> = Promise.resolve();
  #wanted = false;
  #origins: Partial<Record<keyof ModelSettings, SettingOrigin>> = {};

  constructor(scanned: ScannedModel, context: ServingContext, changed: () => void) {
    this.name = scanned.name;
    this.stats = new ModelStats(scanned.name);
    this.#context = context;
    this.#changed = changed;
    this.#scanned = scanned;
    this.#reason = scanned.error?.message ?? 'not loaded';
  }

  /** Asked to serve, whether it could or not. */
  get isWanted(): boolean {
    return this.#wanted;
  }

  /** Says that it is to serve, before its load has its turn. */
  want(): void {
    this.#wanted = true;
  }

  /** What is known of its folder; without a fingerprint, so that the next scan reads it again. */
  get scanned(): ScannedModel {
    const { name, definition, error } = this.#scanned;
    return { name, definition, error };
  }

  get isAsWanted(): boolean {
    return !this.#wanted || this.#state === 'ready';
  }

  /** Has served since the engine started: its counters are then kept in the metrics. */
  get isKnownToMetrics(): boolean {
    return this.#loadDurationMs !== null;
  }

  /** Statistics of the version, or of all that serve when `version` is null; throws as `served` does. */
  statistics(version: string | null): readonly ModelStatistics[] {
    const newest = this.served(version);
    if (version !== null) return [newest.statistics()];
    return this.#versionsReady().flatMap((ready) => this.#served.get(ready)?.statistics() ?? []);
  }

  get isServing(): boolean {
    return this.#served.size > 0;
  }

  /** The ready version that answers; throws VERSION_NOT_FOUND or MODEL_NOT_READY. */
  served(version: string | null): ServedModel {
    const wanted = version ?? this.#newestReady();
    const served = wanted === null ? undefined : this.#served.get(wanted);
    if (served) return served;
    if (version !== null && !this.#definition?.versions.some((onDisk) => onDisk.version === version)) {
      throw new EngineError(
        'VERSION_NOT_FOUND',
        `model "${this.name}" has no version ${version}; on disk: ${this.#versionsOnDisk().join(', ') || 'none'}`,
      );
    }
    const which = version === null ? '' : ` version ${version}`;
    throw new EngineError(
      'MODEL_NOT_READY',
      `model "${this.name}"${which} is ${this.#state}${this.#reason ? `: ${this.#reason}` : ''}`,
      { retryAfterSeconds: 1 },
    );
  }

  /** Inputs and outputs of a version that serves, for metadata. */
  specOf(
    version: string | null,
  ): ModelVersion & { readonly batchable: boolean; readonly versionsReady: readonly string[] } {
    const served = this.served(version);
    const definition = this.#definition;
    const found = definition?.versions.find((onDisk) => onDisk.version === served.version);
    if (!definition || !found)
      throw new EngineError('MODEL_NOT_READY', `model "${this.name}" is being changed on disk`);
    return { ...found, batchable: definition.batchable, versionsReady: this.#versionsReady() };
  }

  load(repositoryPath: string, cpuBudget: number, drainLimitUs: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#wanted = true;
      try {
        const definition = await readModelDefinition(repositoryPath, this.name, { cpuBudget });
        this.#scanned = { name: this.name, definition, error: null };
        this.#origins = {};
      } catch (error) {
        if (this.#state === 'unavailable') this.#reason = toEngineError(error).message;
        this.#changed();
        throw error;
      }
      await this.#serve(drainLimitUs);
    });
  }

  unload(drainLimitUs: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#wanted = false;
      if (this.#state !== 'ready') return;
      this.#move('unloading', null);
      const leaving = [...this.#served.values()];
      this.#served = new Map();
      await Promise.all(leaving.map((served) => served.retire(drainLimitUs)));
      this.#move('unavailable', 'unloaded');
    });
  }

  /** Applies a patch to what serves (if anything), then, to keep it, writes it to config.pbtxt. */
  updateSettings(patch: ModelSettingsPatch, keep: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const definition = this.#requireDefinition();
      // One setting can pull others along (threads follow the instances, preferred sizes the largest), so what is applied is
      // what the file will say, not the patch laid over the old values.
      const config = patchModelConfig(definition.config, patch, definition.settingsContext);
      const { settings } = settingsOf(config, definition.settingsContext);
      await Promise.all([...this.#served.values()].map((served) => served.apply(settings)));
      const written = keep ? await this.#write(definition, patch) : definition;
      for (const key of Object.keys(patch) as (keyof ModelSettings)[]) this.#origins[key] = 'override';
      this.#scanned = { name: this.name, definition: { ...written, config, settings }, error: null };
      this.#changed();
    });
  }

  /** A file that was edited by hand and not yet followed keeps its old fingerprint, so that the next scan follows it. */
  async #write(definition: ModelDefinition, patch: ModelSettingsPatch): Promise<ModelDefinition> {
    const isAsKnown = (await fingerprintOf(definition)) === definition.fingerprint;
    const written = await writeSettings(definition, patch);
    return isAsKnown ? written : { ...written, fingerprint: definition.fingerprint };
  }

  /**
   * Follows a change on disk. A changed config is applied while serving; changed model files are loaded beside the old ones.
   *
   * @param known what was known of the model (`scanned`) when the scan began. When it is another by now, the model was loaded or
   * its settings were written meanwhile, and the scan may have read what was there before: it is not followed.
   * @returns what changed in the settings, as text, empty when nothing did; null when the folder has to be scanned again
   */
  follow(
    scanned: ScannedModel,
    kind: 'config' | 'files',
    known: ScannedModel | undefined,
    drainLimitUs: number,
  ): Promise<string | null> {
    return this.#inTurn(async () => {
      const before = this.#definition;
      const { definition } = scanned;
      if (before?.fingerprint !== known?.definition?.fingerprint) return null;
      if (!definition) return this.#keepServing(scanned);
      if (definition.fingerprint === before?.fingerprint) return this.#isAsBefore();
      this.#scanned = scanned;
      this.#origins = {};
      if (this.#state === 'unavailable' && !this.#wanted) this.#reason = 'not loaded';
      if (this.#wanted) await this.#followWhileServing(definition, kind, drainLimitUs);
      this.#changed();
      return before ? describeChange(before.settings, definition.settings) : '';
    });
  }

  /** Files that were moved away and back again are the ones that serve. */
  #isAsBefore(): string {
    if (this.#state === 'ready') this.#reason = null;
    return '';
  }

  /** What is on disk cannot be used: what was loaded goes on. */
  #keepServing(broken: ScannedModel): string {
    this.#scanned = { ...broken, definition: this.#definition };
    this.#reason = broken.error?.message ?? null;
    this.#context.logger.error(
      `model "${this.name}": the change on disk cannot be used: ${this.#reason}; what was loaded goes on`,
    );
    this.#changed();
    return '';
  }

  async #followWhileServing(
    definition: ModelDefinition,
    kind: 'config' | 'files',
    drainLimitUs: number,
  ): Promise<void> {
    try {
      if (kind === 'config' && this.#state === 'ready') {
        await Promise.all([...this.#served.values()].map((served) => served.apply(definition.settings)));
      } else await this.#serve(drainLimitUs);
    } catch (error) {
      this.#context.logger.error(
        `model "${this.name}": the change on disk was not taken: ${toEngineError(error).message}`,
      );
    }
  }

  summary(): ModelSummary {
    const definition = this.#definition;
    const serving = this.#newest();
    const provider = serving?.provider ?? { active: null, notes: [] };
    return {
      name: this.name,
      version: serving?.version ?? null,
      versionsOnDisk: this.#versionsOnDisk(),
      versionsReady: this.#versionsReady(),
      state: this.#state,
      reason: this.#reason,
      backend: definition?.backend ?? 'onnxruntime',
      inputs: definition?.inputs ?? [],
      outputs: definition?.outputs ?? [],
      batchable: definition?.batchable ?? false,
      batchingNote: definition?.batchingNote ?? null,
      settings: serving?.settings ?? definition?.settings ?? EMPTY_SETTINGS,
      origins: { ...(definition?.origins ?? EMPTY_ORIGINS), ...this.#origins },
      activeProvider: provider.active,
      providerNotes: provider.notes,
      instancesReady: [...this.#served.values()].reduce((sum, served) => sum + served.readyInstances, 0),
      fileSizeBytes: definition?.fileSizeBytes ?? 0,
      loadDurationMs: this.#loadDurationMs,
      repositoryPath: definition?.folder ?? '',
    };
  }

  instancesByProvider(): readonly { readonly provider: string; readonly instances: number }[] {
    return [...this.#served.values()].flatMap((served) => {
      const { active } = served.provider;
      return active === null ? [] : [{ provider: active, instances: served.readyInstances }];
    });
  }

  counters(): ModelCounters {
    const all = [...this.#served.values()];
    return this.stats.snapshot({
      queueLength: all.reduce((sum, served) => sum + served.queueLength, 0),
      inFlight: all.reduce((sum, served) => sum + served.inFlight, 0),
      instances: all.reduce((sum, served) => sum + served.readyInstances, 0),
    });
  }

  /** Makes the versions of the definition serve: the new ones are up before the old ones are let go. */
  async #serve(drainLimitUs: number): Promise<void> {
    const definition = this.#requireDefinition();
    const { clock } = this.#context;
    const beganUs = clock.nowUs();
    if (this.#state === 'unavailable') this.#move('loading', null);
    for (const field of definition.keptFields)
      this.#context.logger.warn(
        `model "${this.name}": config.pbtxt sets ${field}, which is kept but has no effect yet`,
      );
    const fresh = definition.versions
      .filter((version) => version.served)
      .map(
        (version) =>
          new ServedModel(
            {
              name: this.name,
              version: version.version,
              inputs: version.inputs,
              outputs: version.outputs,
              batchable: definition.batchable,
              settings: definition.settings,
              instanceSpecOf: (settings) => definition.instanceSpecOf(version, settings),
              onGaveUp: (reason) => this.#lost(version.version, reason),
            },
            this.stats,
            this.#context,
          ),
      );
    const started = await Promise.allSettled(fresh.map((served) => served.start()));
    const failure = started.find((result) => result.status === 'rejected');
    if (failure) {
      await Promise.all(fresh.map((served) => served.retire(0)));
      const error = toEngineError(failure.reason);
      if (this.#state === 'loading') this.#move('unavailable', error.message);
      throw error;
    }
    const old = [...this.#served.values()];
    this.#served = new Map(fresh.map((served) => [served.version, served]));
    this.#loadDurationMs = (clock.nowUs() - beganUs) / 1000;
    this.#move('ready', null);
    await Promise.all(old.map((served) => served.retire(drainLimitUs)));
  }

  /** A version's last instance is gone and cannot be replaced. Its requests have been failed; nothing waits for ever. */
  #lost(version: string, reason: string): void {
    const lost = this.#served.get(version);
    if (!lost || lost.readyInstances > 0) return;
    this.#served.delete(version);
    if (this.#served.size === 0 && this.#state === 'ready') this.#move('unavailable', reason);
    void lost.retire(0);
  }

  #move(to: ModelState, reason: string | null): void {
    this.#state = moveModel(this.#state, to);
    this.#reason = reason;
    this.#context.logger.info(`model "${this.name}" is ${to}${reason ? `: ${reason}` : ''}`);
    this.#changed();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  get #definition(): ModelDefinition | null {
    return this.#scanned.definition;
  }

  #requireDefinition(): ModelDefinition {
    if (this.#definition) return this.#definition;
    throw this.#scanned.error ?? new EngineError('MODEL_INVALID', `model "${this.name}" cannot be read`);
  }

  #versionsReady(): readonly string[] {
    return [...this.#served.keys()].sort((a, b) => Number(a) - Number(b));
  }

  #versionsOnDisk(): readonly string[] {
    return this.#definition?.versions.map((version) => version.version) ?? [];
  }

  #newestReady(): string | null {
    return this.#versionsReady().at(-1) ?? null;
  }

  #newest(): ServedModel | undefined {
    const version = this.#newestReady();
    return version === null ? undefined : this.#served.get(version);
  }
}

/** What a model shows whose folder cannot be read: there is nothing to tune. */
const EMPTY_SETTINGS: ModelSettings = {
  batching: false,
  maxBatchSize: 1,
  preferredBatchSizes: [],
  maxQueueDelayUs: 0,
  maxQueueSize: 1,
  instanceCount: 1,
  executionProviders: ['cpu'],
  intraOpThreads: 1,
};
const EMPTY_ORIGINS: Record<keyof ModelSettings, SettingOrigin> = {
  batching: 'default',
  maxBatchSize: 'default',
  preferredBatchSizes: 'default',
  maxQueueDelayUs: 'default',
  maxQueueSize: 'default',
  instanceCount: 'default',
  executionProviders: 'default',
  intraOpThreads: 'default',
};
