import { EngineError, toEngineError } from '../base';
import { dimsOmitBatch, type ModelConfig, patchModelConfig, settingsOf } from '../config';
import type {
  ModelConfiguration,
  ModelCounters,
  ModelSettings,
  ModelSettingsPatch,
  ModelState,
  ModelSummary,
  SettingOrigin,
} from '../contract';
import type { ModelStatistics, RepositoryIndexEntry } from '../inference';
import { ModelStats, type ModelView, type VersionView } from '../metrics';
import { completeConfig } from './complete-config';
import { ConfigChanges } from './config-changes';
import { describeChange } from './describe-change';
import { effectiveConfig } from './effective-config';
import type { OutputLabels } from './labels';
import { moveModel } from './lifecycle';
import type { LoadSource } from './load-source';
import { type ModelDefinition, redefine } from './model-definition';
import { summarizeModel } from './model-summary';
import { noticesOf } from './notices';
import { kindOf } from './plan-changes';
import type { ScannedModel } from './repository';
import { indexModel } from './repository-index';
import type { ServedModel, ServingContext } from './served-model';
import { ServedVersions, startVersions, whyNotServed } from './served-versions';
import { Turns } from './turns';

/** One model of the registry: its definition on disk, its state, and the versions that serve. */
export class RegistryEntry {
  readonly name: string;
  readonly stats: ModelStats;
  readonly #context: ServingContext;
  readonly #changed: () => void;
  #scanned: ScannedModel;
  #state: ModelState = 'unavailable';
  #reason: string | null;
  readonly #served = new ServedVersions();
  #loadDurationMs: number | null = null;
  /** Loading and unloading of one model go one after the other, in the order asked. */
  readonly #turns = new Turns();
  #wanted = false;
  #everWanted = false;
  /** What serves by a load request's own configuration or files, and what lies in the repository meanwhile. */
  #override: { readonly source: LoadSource; onDisk: ScannedModel } | null = null;
  #labels: OutputLabels = new Map();
  readonly #configChanges = new ConfigChanges();
  #origins: Partial<Record<keyof ModelSettings, SettingOrigin>> = {};

  constructor(scanned: ScannedModel, context: ServingContext, changed: () => void) {
    this.name = scanned.name;
    this.stats = new ModelStats(scanned.name, context.metrics);
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
    this.#everWanted = true;
  }

  /** Takes that back for a model that could not be loaded and that nobody asked for. */
  forgetWish(): void {
    if (this.#state === 'unavailable') this.#wanted = false;
  }

  /** Nothing serves, nothing is under way: it can be forgotten without harm. */
  get isIdle(): boolean {
    return this.#state === 'unavailable' && this.#turns.isIdle;
  }

  /** Serves something else than what lies in the repository, or is about to. */
  get isOverridden(): boolean {
    return this.#override !== null;
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
    return this.#served.inOrder.map((served) => served.statistics());
  }

  /** What the metrics show of it; null for a model that was never asked to serve. */
  metrics(): { readonly model: ModelView; readonly versions: readonly VersionView[] } | null {
    if (!this.#wanted && !this.isKnownToMetrics) return null;
    const isReady = this.#state === 'ready';
    const { requestsFailed: failed } = this.counters();
    const model = { model: this.name, ready: this.#wanted || isReady ? isReady : null, failed };
    return { model, versions: this.#served.metrics(this.#definition?.config.metric_tags ?? {}) };
  }

  /** The ready version that answers; throws VERSION_NOT_FOUND or MODEL_NOT_READY. */
  served(version: string | null): ServedModel {
    const served = version === null ? this.#served.newest : this.#served.get(version);
    if (served) return served;
    const { name } = this;
    throw whyNotServed(version, {
      name,
      definition: this.#definition,
      state: this.#state,
      reason: this.#reason,
    });
  }

  /** Inputs and outputs of a version that serves, for metadata. */
  specOf(version: string | null) {
    const served = this.served(version);
    const definition = this.#definition;
    const found = definition?.versions.find((onDisk) => onDisk.version === served.version);
    if (!definition || !found)
      throw new EngineError('MODEL_NOT_READY', `model "${this.name}" is being changed on disk`);
    return { ...found, stacks: definition.stacks, versionsReady: this.#served.names };
  }

  /** Loads what `read` finds. A failed load leaves what serves as it is. */
  load(read: () => Promise<LoadSource>, drainLimitUs: number): Promise<void> {
    return this.#turns.take(async () => {
      this.want();
      let source: LoadSource;
      try {
        source = await read();
      } catch (error) {
        if (this.#state === 'unavailable') this.#reason = toEngineError(error).message;
        this.#changed();
        throw error;
      }
      const before = { scanned: this.#scanned, origins: this.#origins };
      const overridden = this.#override;
      this.#origins = {};
      try {
        await this.#serveAs(source.definition, drainLimitUs);
      } catch (error) {
        this.#origins = before.origins;
        await source.release();
        throw error;
      }
      const onDisk = overridden?.onDisk ?? before.scanned;
      this.#override = source.isOverride ? { source, onDisk } : null;
      await overridden?.source.release();
    });
  }

  /** @param onRefusing called when it takes no more requests; those it has are answered until the promise resolves */
  unload(drainLimitUs: number, onRefusing: () => void = () => undefined): Promise<void> {
    return this.#turns.take(async () => {
      this.#wanted = false;
      if (this.#state !== 'ready') return;
      this.#move('unloading', null);
      const leaving = this.#served.replace([]);
      onRefusing();
      await Promise.all(leaving.map((served) => served.retire(drainLimitUs)));
      this.#move('unavailable', 'unloaded');
      await this.#dropOverride();
    });
  }

  async #dropOverride(): Promise<void> {
    const override = this.#override;
    if (!override) return;
    this.#override = null;
    this.#scanned = override.onDisk;
    this.#origins = {};
    await override.source.release();
  }

  /** Applies a patch to what serves (if anything), then, to keep it, writes it to config.pbtxt. */
  updateSettings(patch: ModelSettingsPatch, keep: boolean, drainLimitUs: number): Promise<void> {
    return this.#turns.take(async () => {
      const definition = this.#requireDefinition();
      // One setting can pull others along (threads follow the instances, preferred sizes the largest), so what is applied is
      // what the file will say, not the patch laid over the old values.
      const config = patchModelConfig(definition.config, patch, definition.settingsContext);
      const { settings } = settingsOf(config, definition.settingsContext);
      const restacked = dimsOmitBatch(config, definition.batchable) !== definition.stacks;
      const next = restacked ? await redefine(definition, patch) : definition;
      // Those that wait are answered as they were meant, by the model as it was.
      if (restacked && this.#state === 'ready') await this.#serveAs(next, drainLimitUs);
      else await Promise.all(this.#served.all.map((served) => served.apply(settings)));
      // What serves by a load request has no file to be kept in.
      const written = keep && !this.isOverridden ? await this.#configChanges.write(definition, patch) : next;
      for (const key of Object.keys(patch) as (keyof ModelSettings)[]) this.#origins[key] = 'override';
      this.#scanned = { name: this.name, definition: { ...written, config, settings }, error: null };
      this.#changed();
    });
  }

  /** Serves what the definition says; when that fails all is as before. */
  async #serveAs(definition: ModelDefinition, drainLimitUs: number): Promise<void> {
    const before = this.#scanned;
    this.#scanned = { name: this.name, definition, error: null };
    try {
      await this.#serve(drainLimitUs);
    } catch (error) {
      this.#scanned = before;
      throw error;
    }
  }

  /** What a change of settings would do to config.pbtxt, as a unified diff; '' for nothing. Errors: INVALID_ARGUMENT. */
  async previewSettings(patch: ModelSettingsPatch): Promise<string> {
    const definition = this.#requireDefinition();
    return this.isOverridden ? '' : this.#configChanges.preview(definition, patch);
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
    return this.#turns.take(async () => {
      if (this.#override) {
        this.#override.onDisk = scanned;
        return '';
      }
      const before = this.#definition;
      const { definition } = scanned;
      if (before?.fingerprint !== known?.definition?.fingerprint) return null;
      if (!definition) return this.#keepServing(scanned);
      if (definition.fingerprint === before?.fingerprint) return this.#isAsBefore();
      this.#scanned = scanned;
      this.#origins = {};
      if (this.#state === 'unavailable' && !this.#wanted) this.#reason = 'not loaded';
      // Between two scans settings may have changed how requests are stacked.
      const kinds = [kind, kindOf(before, definition)];
      if (this.#wanted) await this.#followWhileServing(definition, kinds, drainLimitUs);
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
    kinds: readonly ('config' | 'files')[],
    drainLimitUs: number,
  ): Promise<void> {
    try {
      if (!kinds.includes('files') && this.#state === 'ready') {
        await Promise.all(this.#served.all.map((served) => served.apply(definition.settings)));
      } else await this.#serve(drainLimitUs);
    } catch (error) {
      this.#context.logger.error(
        `model "${this.name}": the change on disk was not taken: ${toEngineError(error).message}`,
      );
    }
  }

  summary(): ModelSummary {
    const serving = this.#served.newest;
    return summarizeModel({
      name: this.name,
      definition: this.#definition,
      state: this.#state,
      reason: this.#reason,
      serving: serving ?? null,
      versionsReady: this.#served.names,
      overridden: this.#origins,
      instancesReady: this.#served.readyInstances,
      loadDurationMs: this.#loadDurationMs,
    });
  }

  /** The configuration in force, completed. Throws as `served`. */
  config(version: string | null): ModelConfig {
    const { settings, provider } = this.served(version);
    return completeConfig(this.#requireDefinition(), { settings, activeProvider: provider.active });
  }

  /** Every value in force and where it comes from. Throws when the model's folder cannot be read. */
  configuration(): ModelConfiguration {
    const { settings, activeProvider } = this.summary();
    const values = effectiveConfig(this.#requireDefinition(), {
      settings,
      activeProvider,
      overridden: this.#origins,
      configOrigin: this.isOverridden ? 'override' : 'file',
    });
    return { values, lastChange: this.#configChanges.last };
  }

  /** Labels of an output's classes; null when it has none. Throws as `served`. */
  labelsOf(version: string | null, output: string): readonly string[] | null {
    this.served(version);
    return this.#labels.get(output) ?? null;
  }

  index(readyOnly: boolean): readonly RepositoryIndexEntry[] {
    return indexModel(
      {
        name: this.name,
        everWanted: this.#everWanted,
        state: this.#state,
        reason: this.#reason,
        versionsOnDisk: this.#definition?.versions ?? [],
        versionsReady: this.#served.names,
      },
      readyOnly,
    );
  }

  get deviceShares() {
    return this.#served.deviceShares;
  }

  counters(): ModelCounters {
    const { queueLength, inFlight, readyInstances: instances } = this.#served;
    return this.stats.snapshot({ queueLength, inFlight, instances });
  }

  /** Makes the versions of the definition serve: the new ones are up before the old ones are let go. */
  async #serve(drainLimitUs: number): Promise<void> {
    const definition = this.#requireDefinition();
    const { clock } = this.#context;
    const beganUs = clock.nowUs();
    if (this.#state === 'unavailable') this.#move('loading', null);
    for (const notice of noticesOf(definition)) this.#context.logger.warn(`model "${this.name}": ${notice}`);
    const lost = (version: string, reason: string) => this.#lost(version, reason);
    const started = await startVersions(definition, this.stats, this.#context, lost).catch((failure) => {
      const error = toEngineError(failure);
      if (this.#state === 'loading') this.#move('unavailable', error.message);
      throw error;
    });
    this.#labels = started.labels;
    const old = this.#served.replace(started.versions);
    this.#loadDurationMs = (clock.nowUs() - beganUs) / 1000;
    this.#move('ready', null);
    await Promise.all(old.map((served) => served.retire(drainLimitUs)));
  }

  /** A version's last instance is gone and cannot be replaced. Its requests have been failed; nothing waits for ever. */
  #lost(version: string, reason: string): void {
    const lost = this.#served.get(version);
    if (!lost || lost.readyInstances > 0) return;
    this.#served.delete(version);
    if (this.#served.all.length === 0 && this.#state === 'ready') this.#move('unavailable', reason);
    void lost.retire(0);
  }

  #move(to: ModelState, reason: string | null): void {
    this.#state = moveModel(this.#state, to);
    this.#reason = reason;
    this.#context.logger.info(`model "${this.name}" is ${to}${reason ? `: ${reason}` : ''}`);
    this.#changed();
  }

  get #definition(): ModelDefinition | null {
    return this.#scanned.definition;
  }

  #requireDefinition(): ModelDefinition {
    if (this.#definition) return this.#definition;
    throw this.#scanned.error ?? new EngineError('MODEL_INVALID', `model "${this.name}" cannot be read`);
  }
}
