import { byteText, EngineError, invalid } from '../base';
import type { DeviceMemory, ModelSettings, ModelSettingsPatch } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import {
  budgetFaults,
  type Claim,
  ColdStarts,
  claimFault,
  type MemoryBudget,
  NO_BUDGET,
  Occupancy,
  Residency,
  type Tenant,
} from './memory';
import type { RegistryEntry } from './registry-entry';
import type { ServingContext } from './serving-context';

export interface ResidentModelsOptions {
  readonly context: Pick<ServingContext, 'clock' | 'logger' | 'deviceOf'>;
  readonly drainLimitUs: number;
  /** Absent: no device has a limit. */
  readonly budgetOf?: (deviceId: string) => MemoryBudget;
  readonly entry: (name: string) => RegistryEntry | undefined;
  readonly entries: () => Iterable<RegistryEntry>;
  readonly onEviction: (model: string, text: string) => void;
  readonly onColdStart: (model: string, text: string) => void;
}

/** What changes the memory that a model takes, or keeps for itself. */
export const MEMORY_SETTINGS: readonly (keyof ModelSettings)[] = [
  'batching',
  'maxBatchSize',
  'instanceCount',
  'maxInstanceCount',
  'executionProviders',
  'intraOpThreads',
  'pinned',
];

/** The registry's models in memory: who gets room, who leaves, and who is loaded again when a request comes. */
export class ResidentModels {
  readonly #options: ResidentModelsOptions;
  readonly #residency: Residency;
  readonly #coldStarts: ColdStarts;
  /** In place of those that the engine was started with. */
  readonly #changedBudgets = new Map<string, MemoryBudget>();

  constructor(options: ResidentModelsOptions) {
    this.#options = options;
    const { context, entry, entries, onEviction } = options;
    const { clock, logger } = context;
    this.#residency = new Residency({
      clock,
      logger: logger.child('memory'),
      budgetOf: (deviceId) => this.#budgetOf(deviceId),
      tenant: (name) => {
        const found = entry(name);
        return found && this.#tenant(found);
      },
      tenants: () => [...entries()].map((one) => this.#tenant(one)),
      onEviction,
    });
    this.#coldStarts = new ColdStarts(clock, (name, whenLoaded) => this.#wake(name, whenLoaded));
  }

  #budgetOf(deviceId: string): MemoryBudget {
    return this.#changedBudgets.get(deviceId) ?? this.#options.budgetOf?.(deviceId) ?? NO_BUDGET;
  }

  /** The place of a new model. */
  occupancyOf(name: string): Occupancy {
    const { clock, deviceOf } = this.#options.context;
    return new Occupancy(name, {
      residency: this.#residency,
      deviceOf,
      residentBytes: () => process.memoryUsage.rss(),
      nowUs: () => clock.nowUs(),
    });
  }

  /** Whatever may take memory: one at a time, before any model's own turn. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#residency.turn(work);
  }

  /** Runs on a model that serves, or after a cold start. Throws as `RegistryEntry.served`, rejects as `ServedModel.infer`. */
  infer(entry: RegistryEntry, request: InferenceRequest): Promise<InferenceResult> {
    entry.occupancy.used();
    if (!entry.isOnCall) return entry.served(request.version).infer(request);
    entry.answering(request.version);
    return this.#coldStarts.wait(
      {
        name: entry.name,
        maxWaiting: entry.summary().settings.maxQueueSize,
        infer: (waited) => inferOrReject(entry, waited),
        coldStarted: (tookUs) => {
          entry.occupancy.coldStarted(tookUs);
          this.#options.onColdStart(
            entry.name,
            `${entry.name} loaded on demand in ${(tookUs / 1e6).toFixed(2)} s`,
          );
        },
        requestFailed: (error) => entry.stats.recordFailure(error.code),
      },
      request,
    );
  }

  /** Pinned models first, so that what must stay is not left out by what need not. */
  startOrder(names: readonly string[]): readonly string[] {
    const pinned = (name: string) => this.#options.entry(name)?.summary().settings.pinned === true;
    return [...names.filter(pinned), ...names.filter((name) => !pinned(name))];
  }

  /** The model's folder is gone, and it goes when its requests are answered. */
  leaving(name: string, gone: Promise<void>): void {
    this.#residency.leaving(name, gone);
  }

  /** At the start nobody is evicted for the next in line: what finds no room waits for its first request. True: it does. */
  waitsForRequest(entry: RegistryEntry | undefined): boolean {
    const { memory, settings } = entry?.summary() ?? {};
    if (!entry || !memory || settings?.pinned) return false;
    const deviceId = entry.occupancy.deviceId(entry.definition);
    if (this.#residency.hasRoomFor(deviceId, memory.totalBytes)) return false;
    if (!this.#residency.couldHold(entry.name, deviceId, memory.totalBytes)) return false;
    entry.waitForRequest(`the memory budget of ${deviceId} is full: it is loaded with its first request`);
    return true;
  }

  /**
   * Other budgets for some devices, while models serve; those that find no room any more leave. Rejects with INVALID_ARGUMENT, and
   * leaves everything as it is, when one holds not even the smallest of the models that are to serve or not all that are pinned.
   */
  useBudgets(changed: ReadonlyMap<string, MemoryBudget>): Promise<void> {
    return this.#residency.turn(async () => {
      const wanted = [...this.#options.entries()].filter(({ isWanted }) => isWanted);
      this.#checkBudgets(wanted, (deviceId) => changed.get(deviceId) ?? NO_BUDGET);
      for (const [deviceId, budget] of changed) this.#changedBudgets.set(deviceId, budget);
      await this.#residency.fit();
    });
  }

  /** Throws INVALID_ARGUMENT when budgets that the operator gave contradict the models that they are for. */
  checkBudgets(names: readonly string[]): void {
    const entries = names.flatMap((name) => this.#options.entry(name) ?? []);
    this.#checkBudgets(entries, (deviceId) => {
      const budget = this.#budgetOf(deviceId);
      return budget.isGiven ? budget : NO_BUDGET;
    });
  }

  #checkBudgets(entries: readonly RegistryEntry[], budgetOf: (deviceId: string) => MemoryBudget): void {
    const deviceOf = (entry: RegistryEntry) => entry.occupancy.deviceId(entry.definition);
    const faults = [...new Set(entries.map(deviceOf))].flatMap((deviceId) => {
      const claims = entries.filter((entry) => deviceOf(entry) === deviceId).flatMap(claimOf);
      return budgetFaults(deviceId, budgetOf(deviceId), claims);
    });
    if (faults.length > 0) throw invalid(faults.join('; '));
  }

  /** Throws INVALID_ARGUMENT naming all that is wrong with a patch, what contradicts the device's budget among it. */
  checkPatch(entry: RegistryEntry, patch: ModelSettingsPatch): void {
    const faults: string[] = [];
    try {
      entry.patched(patch);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'INVALID_ARGUMENT') throw error;
      faults.push(error.message);
    }
    const fault = this.#claimFault(entry, patch);
    if (fault !== null) faults.push(fault);
    if (faults.length > 0) throw invalid(faults.join('; '));
  }

  /** What a patch asks of the budget that is not there; only what asks for more than before can be at fault. */
  #claimFault(entry: RegistryEntry, patch: ModelSettingsPatch): string | null {
    const { definition, occupancy } = entry;
    const [before] = claimOf(entry);
    // Another provider may be another device: that is seen when it is admitted.
    if (!before || 'executionProviders' in patch || !isMeasurable(patch)) return null;
    const settings = { ...entry.summary().settings, ...patch };
    const bytes = occupancy.estimate(definition, settings)?.totalBytes ?? 0;
    const isPinned = settings.pinned && entry.isWanted;
    if (bytes <= before.bytes && (!isPinned || before.isPinned)) return null;
    const deviceId = occupancy.deviceId(definition);
    const others = [...this.#options.entries()].filter(
      (other) => other !== entry && other.isWanted && other.occupancy.deviceId(other.definition) === deviceId,
    );
    const claim = { name: entry.name, bytes, isPinned };
    return claimFault(deviceId, this.#budgetOf(deviceId), claim, others.flatMap(claimOf));
  }

  /** Why so many further instances would not fit into the device's budget; null when they would. Nobody is evicted for it. */
  obstacleToInstances(name: string, further: number): string | null {
    const entry = this.#options.entry(name);
    if (!entry?.definition || !entry.serving) return null;
    const deviceId = entry.occupancy.deviceId(entry.definition);
    const bytes = further * entry.occupancy.instanceBytes(entry.definition, entry.serving.settings);
    if (this.#residency.hasRoomFor(deviceId, bytes)) return null;
    return `${further === 1 ? 'another needs' : `${further} more need`} ${byteText(bytes)}, which the memory budget of ${deviceId} has not left`;
  }

  /** Instances of a model followed the load. */
  scaled(name: string): void {
    const entry = this.#options.entry(name);
    if (!entry?.definition || !entry.serving) return;
    entry.occupancy.scaled(entry.definition, entry.serving.settings, entry.instancesPerVersion);
  }

  devices(ids: readonly string[]): readonly DeviceMemory[] {
    return this.#residency.devices(ids);
  }

  #wake(name: string, whenLoaded: () => void): Promise<void> {
    return this.#residency.turn(async () => {
      const entry = this.#options.entry(name);
      await entry?.wake(this.#options.drainLimitUs);
      if (entry?.summary().state !== 'ready')
        throw new EngineError(
          'MODEL_NOT_READY',
          `model "${name}" was unloaded while requests waited for it`,
          {
            retryAfterSeconds: 1,
          },
        );
      whenLoaded();
    });
  }

  #tenant(entry: RegistryEntry): Tenant {
    const { settings, memory } = entry.summary();
    return {
      name: entry.name,
      isPinned: settings.pinned,
      sequences: entry.sequences,
      isBusy: entry.isBusy,
      lastUseUs: entry.occupancy.lastUseUs,
      memory,
      isOnCall: entry.isOnCall,
      deviceId: entry.occupancy.deviceId(entry.definition),
      evictions: entry.occupancy.counts.evictions,
      evict: (reason) => entry.evict(reason, this.#options.drainLimitUs),
    };
  }
}

function inferOrReject(entry: RegistryEntry, request: InferenceRequest): Promise<InferenceResult> {
  try {
    return entry.served(request.version).infer(request);
  } catch (error) {
    return Promise.reject(error);
  }
}

function claimOf(entry: RegistryEntry): readonly Claim[] {
  const { memory, settings } = entry.summary();
  return memory ? [{ name: entry.name, bytes: memory.totalBytes, isPinned: settings.pinned }] : [];
}

/** What an estimate is made of are numbers; a patch that says otherwise is refused for that. */
function isMeasurable({ instanceCount = 1, maxBatchSize = 1 }: ModelSettingsPatch): boolean {
  return [instanceCount, maxBatchSize].every((count) => Number.isSafeInteger(count) && count > 0);
}
