import type { ColdStartCounts, MemoryEstimate, ModelSettings } from '../../contract';
import type { ModelDefinition } from '../model-definition';
import { correctedByGrowth, estimateMemory, type Growth } from './memory-estimate';
import type { Residency } from './residency';

export interface OccupancyPlace {
  readonly residency: Residency;
  /** Device on which sessions of a provider run. */
  readonly deviceOf: (provider: string) => string;
  /** What the process holds now. */
  readonly residentBytes: () => number;
  readonly nowUs: () => number;
}

/** Room in memory that was admitted, until it is known what was made of it. */
export interface Stay {
  /**
   * All sessions are up: what the process grew by since `admit` is theirs.
   *
   * @param warmedRows of the largest batch that each of them has run
   */
  loaded(warmedRows: number): void;
  /** What it replaced is gone; `provider` is the one that the sessions run on. */
  settle(provider: string | null): Promise<void>;
  /** It came to nothing: what was held before is held. */
  restore(): void;
}

/** One model's place in memory: what it takes, when it was last used, and whether it is loaded when a request comes. */
export class Occupancy {
  readonly #place: OccupancyPlace;
  readonly #name: string;
  #onCall = false;
  #lastUseUs = Number.NEGATIVE_INFINITY;
  #counts: ColdStartCounts = { count: 0, lastMs: null, totalMs: 0, evictions: 0 };
  /** What the last load took, for the same model with the same settings. */
  #measured: { readonly key: string; readonly estimate: MemoryEstimate } | null = null;

  constructor(name: string, place: OccupancyPlace) {
    this.#name = name;
    this.#place = place;
  }

  get isOnCall(): boolean {
    return this.#onCall;
  }

  get lastUseUs(): number {
    return this.#lastUseUs;
  }

  get counts(): ColdStartCounts {
    return this.#counts;
  }

  used(): void {
    this.#lastUseUs = this.#place.nowUs();
  }

  callLater(): void {
    this.#onCall = true;
  }

  forgetCall(): void {
    this.#onCall = false;
  }

  evicted(): void {
    this.#onCall = true;
    this.#counts = { ...this.#counts, evictions: this.#counts.evictions + 1 };
  }

  coldStarted(tookUs: number): void {
    const { count, totalMs } = this.#counts;
    const lastMs = tookUs / 1000;
    this.#counts = { ...this.#counts, count: count + 1, lastMs, totalMs: totalMs + lastMs };
  }

  /** Nothing of it is in memory. */
  leave(): void {
    this.#place.residency.release(this.#name);
  }

  /** The device that it is on, or that its first provider would put it on. */
  deviceId(definition: ModelDefinition | null): string {
    const held = this.#place.residency.heldBy(this.#name);
    if (held) return held.deviceId;
    return this.#deviceFor(definition, definition?.settings.executionProviders[0] ?? 'cpu');
  }

  #deviceFor(definition: ModelDefinition | null, provider: string): string {
    return definition?.backend === 'simulated' ? 'simulated' : this.#place.deviceOf(provider);
  }

  /** What it takes, or would take, with these settings; null without a definition. */
  estimate(definition: ModelDefinition | null, settings?: ModelSettings): MemoryEstimate | null {
    if (!definition) return null;
    const wanted = settings ?? definition.settings;
    if (this.#measured?.key === keyOf(definition, wanted)) return this.#measured.estimate;
    return estimateMemory({
      versions: definition.memory,
      maxRows: definition.stacks ? wanted.maxBatchSize : 1,
      instances: wanted.instanceCount,
      isOnCpu: this.deviceId(definition) === 'cpu',
      isStated: definition.backend === 'simulated',
    });
  }

  /** Makes room for a load. Errors: MEMORY_EXCEEDED. */
  async admit(definition: ModelDefinition): Promise<Stay> {
    const { residency, residentBytes } = this.#place;
    const estimate = this.#required(definition, definition.settings);
    const deviceId = this.deviceId(definition);
    const before = residency.heldBy(this.#name);
    await residency.admit(this.#name, deviceId, estimate);
    const startBytes = residentBytes();
    let growth: Growth = { bytes: 0, warmedRows: 0 };
    return {
      loaded: (warmedRows) => {
        this.#onCall = false;
        growth = { bytes: residentBytes() - startBytes, warmedRows };
      },
      settle: async (provider) => {
        const device = provider === null ? deviceId : this.#deviceFor(definition, provider);
        const isMeasured = device === 'cpu' && estimate.source !== 'stated';
        const taken = isMeasured ? this.#corrected(definition, estimate, growth) : estimate;
        await residency.settle(this.#name, device, taken.totalBytes);
      },
      restore: () => residency.restore(this.#name, before),
    };
  }

  /** Makes room for what serves to become larger by changed settings. Errors: MEMORY_EXCEEDED. */
  async resize(definition: ModelDefinition, settings: ModelSettings): Promise<Stay> {
    const { residency } = this.#place;
    const before = residency.heldBy(this.#name);
    const deviceId = this.deviceId(definition);
    const { totalBytes, ...estimate } = this.#required(definition, settings);
    const more = totalBytes - (before?.bytes ?? 0);
    if (more > 0) await residency.admit(this.#name, deviceId, { ...estimate, totalBytes });
    return {
      loaded: () => undefined,
      settle: async (provider) => {
        const device = provider === null ? deviceId : this.#deviceFor(definition, provider);
        if (more !== 0 || device !== deviceId) await residency.settle(this.#name, device, totalBytes);
      },
      restore: () => residency.restore(this.#name, before),
    };
  }

  /** Instances followed the load: what they take is held, though it is not what the settings say. */
  scaled(definition: ModelDefinition, settings: ModelSettings, instances: number): void {
    const held = this.#place.residency.heldBy(this.#name);
    if (!held) return;
    const bytes = this.instanceBytes(definition, settings) * Math.max(instances, settings.instanceCount);
    this.#place.residency.restore(this.#name, { ...held, bytes });
  }

  /** Of one instance of each version. */
  instanceBytes(definition: ModelDefinition, settings: ModelSettings): number {
    const { totalBytes, instances } = this.#required(definition, settings);
    return totalBytes / instances;
  }

  #required(definition: ModelDefinition, settings: ModelSettings): MemoryEstimate {
    const estimate = this.estimate(definition, settings);
    if (!estimate) throw new Error('a definition has an estimate');
    return estimate;
  }

  /** The largest of its measurements stands: later loads use memory again that the process kept, and grow it by less. */
  #corrected(definition: ModelDefinition, estimate: MemoryEstimate, growth: Growth): MemoryEstimate {
    const key = keyOf(definition, definition.settings);
    const corrected = correctedByGrowth(estimate, growth);
    const known = this.#measured?.key === key ? this.#measured.estimate : null;
    const larger = known && known.totalBytes > corrected.totalBytes ? known : corrected;
    this.#measured = { key, estimate: larger };
    return larger;
  }
}

/** A measurement holds for the same files and for settings that take the same memory. */
function keyOf({ fingerprint }: ModelDefinition, settings: ModelSettings): string {
  const { maxBatchSize, instanceCount, executionProviders, intraOpThreads } = settings;
  return JSON.stringify([fingerprint, maxBatchSize, instanceCount, executionProviders, intraOpThreads]);
}
