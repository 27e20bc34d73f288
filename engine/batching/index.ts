export type { Batch, BatchOutput } from './batch';
export { type BatchPolicy, batchPolicyOf } from './batch-policy';
export {
  type BatcherObserver,
  type BatchRunner,
  DynamicBatcher,
  type DynamicBatcherOptions,
} from './dynamic-batcher';
export type { BatchPlan, Capacity, LaneView, QueueView } from './plan-batch';
