import { EngineError } from '../base';
import type { ModelConfig } from '../config';
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
import { effectiveConfig } from './effective-config';
import type { OutputLabels } from './labels';
import type { LoadSource } from './load-source';
import type { Occupancy } from './memory/occupancy';
import type { ModelDefinition } from './model-definition';
import { summarizeModel } from './model-summary';
import { patchedConfig } from './patched-config';
import type { ScannedModel } from './repository';
import { indexModel } from './repository-index';
import type { ServedModel } from './served-model';
import { ServedVersions, whyNotServed } from './served-versions';
import type { ServingContext } from './serving-context';
import { Turns } from './turns';

/** A model of the registry as it can be read: its definition on disk, its state, and the versions that serve. */
export class EntryViews {
  readonly name: string;
  readonly stats: ModelStats;
  protected readonly context: ServingContext;
  protected readonly tellChanged: () => void;
  protected known: ScannedModel;
  protected state: ModelState = 'unavailable';
  protected reason: string | null;
  protected readonly versions = new ServedVersions();
  protected loadDurationMs: number | null = null;
  /** Loading and unloading of one model go one after the other, in the order asked. */
  protected readonly turns = new Turns();
  protected wanted = false;
  protected everWanted = false;
  /** It is being tried, and nobody asked for it by name. */
  protected isTrial = false;
  /** What serves by a load request's own configuration or files, and what lies in the repository meanwhile. */
  protected override: { readonly source: LoadSource; onDisk: ScannedModel } | null = null;
  protected labels: OutputLabels = new Map();
  protected readonly configChanges = new ConfigChanges();
  protected origins: Partial<Record<keyof ModelSettings, SettingOrigin>> = {};

  /** Its place in memory, and whether it is loaded when a request comes. */
  readonly occupancy: Occupancy;

  constructor(scanned: ScannedModel, context: ServingContext, occupancy: Occupancy, changed: () => void) {
    this.name = scanned.name;
    this.stats = new ModelStats(scanned.name, context.metrics);
    this.context = context;
    this.occupancy = occupancy;
    this.tellChanged = changed;
    this.known = scanned;
    this.reason = scanned.error?.message ?? 'not loaded';
  }

  /** Asked to serve, whether it could or not. */
  get isWanted(): boolean {
    return this.wanted;
  }

  /** Wanted, and not in memory before a request asks for it. Stays so until it serves. */
  get isOnCall(): boolean {
    return this.wanted && this.occupancy.isOnCall;
  }

  get definition(): ModelDefinition | null {
    return this.known.definition;
  }

  /** What serves; null while nothing does. */
  get serving(): { readonly settings: ModelSettings; readonly provider: string | null } | null {
    const newest = this.versions.newest;
    return newest ? { settings: newest.settings, provider: newest.provider.active } : null;
  }

  /** The configuration with a patch; null without one to patch. Errors: INVALID_ARGUMENT naming all that is wrong. */
  patched(patch: ModelSettingsPatch): ModelConfig | null {
    return this.definition && patchedConfig(this.definition, patch, this.versions.newest?.singleRunUs);
  }

  get isBusy(): boolean {
    return this.versions.queueLength + this.versions.inFlight > 0;
  }

  /** Sequences whose state would be lost with its instances. */
  get sequences(): number {
    return this.versions.sequences;
  }

  /** Serving instances of each version; more than the settings say while they follow the load. */
  get instancesPerVersion(): number {
    return Math.ceil(this.versions.readyInstances / Math.max(1, this.versions.all.length));
  }

  /** Nothing serves, nothing is under way: it can be forgotten without harm. */
  get isIdle(): boolean {
    return this.state === 'unavailable' && this.turns.isIdle && !this.isOnCall;
  }

  /** Serves something else than what lies in the repository, or is about to. */
  get isOverridden(): boolean {
    return this.override !== null;
  }

  /** What is known of its folder; without a fingerprint, so that the next scan reads it again. */
  get scanned(): ScannedModel {
    const { name, definition, error } = this.known;
    return { name, definition, error };
  }

  get isAsWanted(): boolean {
    return !this.wanted || this.isTrial || this.state === 'ready' || this.isOnCall;
  }

  /** Has served since the engine started: its counters are then kept in the metrics. */
  get isKnownToMetrics(): boolean {
    return this.loadDurationMs !== null;
  }

  /** Statistics of the version, or of all that serve when `version` is null; throws as `served` does. */
  statistics(version: string | null): readonly ModelStatistics[] {
    const newest = this.served(version);
    if (version !== null) return [newest.statistics()];
    return this.versions.inOrder.map((served) => served.statistics());
  }

  /** What the metrics show of it; null for a model that was never asked to serve. */
  metrics(): { readonly model: ModelView; readonly versions: readonly VersionView[] } | null {
    if (!this.wanted && !this.isKnownToMetrics) return null;
    const isReady = this.state === 'ready';
    const { requestsFailed: failed } = this.counters();
    const ready = this.wanted || isReady ? isReady : null;
    const model = { model: this.name, ready, failed, coldStarts: this.occupancy.counts };
    return { model, versions: this.versions.metrics(this.definition?.config.metric_tags ?? {}) };
  }

  /** The ready version that answers; throws VERSION_NOT_FOUND or MODEL_NOT_READY. */
  served(version: string | null): ServedModel {
    const served = version === null ? this.versions.newest : this.versions.get(version);
    if (served) return served;
    const { name } = this;
    throw whyNotServed(version, {
      name,
      definition: this.definition,
      state: this.state,
      reason: this.reason,
    });
  }

  /** The version that answers, after a cold start where it takes one. Throws as `served`. */
  answering(version: string | null): string {
    const chosen = this.isOnCall && this.definition ? chosenVersions(this.definition) : [];
    const onCall = version === null ? chosen.at(-1) : chosen.find((one) => one === version);
    return onCall ?? this.served(version).version;
  }

  /** Inputs and outputs of a version that answers, for metadata. */
  specOf(version: string | null) {
    const wanted = this.answering(version);
    const definition = this.definition;
    const found = definition?.versions.find((onDisk) => onDisk.version === wanted);
    if (!definition || !found)
      throw new EngineError('MODEL_NOT_READY', `model "${this.name}" is being changed on disk`);
    const versionsReady = this.isOnCall ? chosenVersions(definition) : this.versions.names;
    return { ...found, stacks: definition.stacks, versionsReady };
  }

  summary(): ModelSummary {
    const serving = this.versions.newest;
    return summarizeModel({
      name: this.name,
      definition: this.definition,
      state: this.state,
      reason: this.reason,
      serving: serving ?? null,
      versionsReady: this.versions.names,
      overridden: this.origins,
      instancesReady: this.versions.readyInstances,
      loadDurationMs: this.loadDurationMs,
      memory: this.occupancy.estimate(this.definition, serving?.settings),
      onCall: this.isOnCall,
      coldStarts: this.occupancy.counts,
    });
  }

  /** The configuration in force, completed. Throws as `served`. */
  config(version: string | null): ModelConfig {
    this.answering(version);
    const definition = this.requireDefinition();
    const { settings, provider } = this.serving ?? { settings: definition.settings, provider: null };
    return completeConfig(definition, { settings, activeProvider: provider });
  }

  /** Every value in force and where it comes from. Throws when the model's folder cannot be read. */
  configuration(): ModelConfiguration {
    const { settings, activeProvider } = this.summary();
    const values = effectiveConfig(this.requireDefinition(), {
      settings,
      activeProvider,
      overridden: this.origins,
      configOrigin: this.isOverridden ? 'override' : 'file',
    });
    return { values, lastChange: this.configChanges.last };
  }

  /** Labels of an output's classes; null when it has none. Throws as `served`. */
  labelsOf(version: string | null, output: string): readonly string[] | null {
    this.answering(version);
    return this.labels.get(output) ?? null;
  }

  index(readyOnly: boolean): readonly RepositoryIndexEntry[] {
    return indexModel(
      {
        name: this.name,
        everWanted: this.everWanted,
        state: this.state,
        reason: this.reason,
        versionsOnDisk: this.definition?.versions ?? [],
        versionsReady: this.versions.names,
      },
      readyOnly,
    );
  }

  get deviceShares() {
    return this.versions.deviceShares;
  }

  counters(): ModelCounters {
    const { queueLength, inFlight, readyInstances: instances } = this.versions;
    return this.stats.snapshot({ queueLength, inFlight, instances });
  }

  protected requireDefinition(): ModelDefinition {
    if (this.definition) return this.definition;
    throw this.known.error ?? new EngineError('MODEL_INVALID', `model "${this.name}" cannot be read`);
  }
}

function chosenVersions({ versions }: ModelDefinition): readonly string[] {
  return versions.filter(({ served }) => served).map(({ version }) => version);
}
