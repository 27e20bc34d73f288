import type { SchedulingConfig } from '../config';
import type { ModelSettings } from '../contract';
import { mayReorder } from './queue-policy';

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
  /** Ascending. Sizes that an instance may be given: others are padded up to the next. Absent or empty: any. */
  readonly allowedBatchSizes?: readonly number[];
  /** Priority levels, their queue policies and the order of answers. Absent: one level, no timeouts, answered as they end. */
  readonly scheduling?: SchedulingConfig;
  /** No batch is closed before an instance is idle. */
  readonly neverAhead?: boolean;
}

/** The policy for a model. `batchable` false (no free batch dimension) overrides the operator's wish to batch. */
export function batchPolicyOf(
  settings: ModelSettings,
  batchable: boolean,
  scheduling?: SchedulingConfig,
): BatchPolicy {
  const maxBatchSize = largestBatch(settings);
  const preferred = settings.preferredBatchSizes.filter((size) => size <= maxBatchSize).sort((a, b) => a - b);
  return {
    maxBatchSize,
    preferredBatchSizes: preferred.length > 0 ? preferred : [maxBatchSize],
    allowedBatchSizes: batchable ? settings.allowedBatchSizes : [],
    ...(scheduling && { scheduling, neverAhead: mayReorder(scheduling) }),
    maxQueueDelayUs: settings.maxQueueDelayUs,
    maxQueueSize: settings.maxQueueSize,
    unbatched: !batchable || settings.batching === 'off',
  };
}

/** Most rows that an instance is ever given: with allowed sizes, the largest of them. */
export function largestBatch({ maxBatchSize, allowedBatchSizes }: ModelSettings): number {
  return allowedBatchSizes.at(-1) ?? maxBatchSize;
}
