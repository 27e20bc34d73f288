import type { ModelSettings } from '../contract';

/** What decides when a batch leaves. Derived from the model's settings; replaced as a whole when they change. */
export interface BatchPolicy {
  /** Most rows in one batch. A single request with more rows still runs, alone. */
  readonly maxBatchSize: number;
  /** Ascending. Sums of rows at which a batch may leave before its delay is up. Never empty: at least `maxBatchSize`. */
  readonly preferredBatchSizes: readonly number[];
  /** Longest wait of the oldest request while an instance is idle, microseconds. 0: never wait. */
  readonly maxQueueDelayUs: number;
  /** Requests that may wait. */
  readonly maxQueueSize: number;
  /** True: every request is its own batch. */
  readonly unbatched: boolean;
}

/** The policy for a model. `batchable` false (no free batch dimension) overrides the operator's wish to batch. */
export function batchPolicyOf(settings: ModelSettings, batchable: boolean): BatchPolicy {
  const preferred = settings.preferredBatchSizes
    .filter((size) => size <= settings.maxBatchSize)
    .sort((a, b) => a - b);
  return {
    maxBatchSize: settings.maxBatchSize,
    preferredBatchSizes: preferred.length > 0 ? preferred : [settings.maxBatchSize],
    maxQueueDelayUs: settings.maxQueueDelayUs,
    maxQueueSize: settings.maxQueueSize,
    unbatched: !batchable || settings.batching === 'off',
  };
}

/** Rows from which on a lane may hold a batch that need not wait. */
export function earlyDepartureRows(policy: BatchPolicy): number {
  return policy.unbatched ? 1 : (policy.preferredBatchSizes[0] ?? policy.maxBatchSize);
}
