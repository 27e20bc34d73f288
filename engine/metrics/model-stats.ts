import { RingBuffer } from '../base';
import type { MetricsConfig } from '../config';
import type { BatchRecord, ErrorCode, ModelCounters } from '../contract';
import { VersionStats } from './version-stats';

const BATCHES_KEPT = 200;

/** What is true only at the instant of a snapshot. */
export interface ModelGauges {
  readonly queueLength: number;
  readonly inFlight: number;
  readonly instances: number;
}

/**
 * Counters of one model, over all its versions and reloads: they only grow while the engine lives. Each version counts for itself;
 * here they are summed when somebody looks, with those that are gone. Busy time of batches that are running is added when they end.
 */
export class ModelStats {
  readonly #live = new Set<VersionStats>();
  /** Versions that are no more, and requests that no version took. */
  readonly #gone = new VersionStats('', null);
  readonly #batches = new RingBuffer<BatchRecord>(BATCHES_KEPT);

  /** @param metrics what to record for them; null for nothing */
  constructor(
    readonly name: string,
    private readonly metrics: MetricsConfig | null,
  ) {}

  /** Starts from zero: a version that is loaded again is another one. */
  beginVersion(version: string): VersionStats {
    const stats = new VersionStats(version, this.metrics, (batch) => this.#batches.push(batch));
    this.#live.add(stats);
    return stats;
  }

  /** Its counts stay in the model's. */
  endVersion(stats: VersionStats): void {
    if (this.#live.delete(stats)) this.#gone.absorb(stats);
  }

  /** Of a request for which there was no version. */
  recordFailure(code: ErrorCode): void {
    this.#gone.recordFailure(code, null);
  }

  /** Newest last. */
  recentBatches(): readonly BatchRecord[] {
    return this.#batches.toArray();
  }

  snapshot(gauges: ModelGauges): ModelCounters {
    const all = new VersionStats('', null);
    all.absorb(this.#gone);
    for (const version of this.#live) all.absorb(version);
    return { name: this.name, ...all.counters(), ...gauges };
  }
}
