import { byteText, EngineError, invalid } from '../base';
import type { DeviceMemory, ModelSettings } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import { ColdStarts, type MemoryBudget, NO_BUDGET, Occupancy, Residency, type Tenant } from './memory';
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

/** What changes the memory that a model takes. */
export const MEMORY_SETTINGS: readonly (keyof ModelSettings)[] = [
  'batching',
  'maxBatchSize',
  'instanceCount',
  'maxInstanceCount',
  'executionProviders',
  'intraOpThreads',
];

/** The registry's models in memory: who gets room, who leaves, and who is loaded again when a request comes. */
export class ResidentModels {
  readonly #options: ResidentModelsOptions;
  readonly #residency: Residency;
  readonly #coldStarts: ColdStarts;

  constructor(options: ResidentModelsOptions) {
    this.#options = options;
    const { context, entry, entries, onEviction, budgetOf = () => NO_BUDGET } = options;
    const { clock, logger } = context;
    this.#residency = new Residency({
      clock,
      logger: logger.child('memory'),
      budgetOf,
      tenant: (name) => {
        const found = entry(name);
        return found && this.#tenant(found);
      },
      tenants: () => [...entries()].map((one) => this.#tenant(one)),
      onEviction,
    });
    this.#coldStarts = new ColdStarts(clock, (name, whenLoaded) => this.#wake(name, whenLoaded));
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

  /** Throws INVALID_ARGUMENT when a budget that the operator gave is below the smallest of the models that it is for. */
  checkBudgets(names: readonly string[]): void {
    const smallest = new Map<string, { name: string; bytes: number }>();
    for (const name of names) {
      const entry = this.#options.entry(name);
      const bytes = entry?.summary().memory?.totalBytes;
      if (!entry || bytes === undefined) continue;
      const deviceId = entry.occupancy.deviceId(entry.definition);
      if (bytes < (smallest.get(deviceId)?.bytes ?? Number.POSITIVE_INFINITY))
        smallest.set(deviceId, { name, bytes });
    }
    const faults = [...smallest].flatMap(([deviceId, { name, bytes }]) => {
      const budget = this.#options.budgetOf?.(deviceId) ?? NO_BUDGET;
      if (!budget.isGiven || budget.bytes === null || bytes <= budget.bytes) return [];
      return `${budget.note}=${budget.bytes} (${byteText(budget.bytes)}): the smallest model for ${deviceId}, "${name}", needs ${bytes} bytes (${byteText(bytes)})`;
    });
    if (faults.length > 0) throw invalid(faults.join('; '));
  }

  /** Why a further instance would not fit into the device's budget; null when it would. Nobody is evicted for it. */
  obstacleToInstance(name: string): string | null {
    const entry = this.#options.entry(name);
    if (!entry?.definition || !entry.serving) return null;
    const deviceId = entry.occupancy.deviceId(entry.definition);
    const bytes = entry.occupancy.instanceBytes(entry.definition, entry.serving.settings);
    if (this.#residency.hasRoomFor(deviceId, bytes)) return null;
    return `another needs ${byteText(bytes)}, which the memory budget of ${deviceId} has not left`;
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
