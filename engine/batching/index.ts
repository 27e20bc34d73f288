export type { Batch, BatchOutput } from './batch';
export { type BatchPolicy, batchPolicyOf } from './batch-policy';
export { type BatcherObserver, type BatchRunner, DynamicBatcher, type DynamicBatcherOptions } from './dynamic-batcher';
export { type BatchPlan, type Capacity, type LaneView, planBatch, type QueueView } from './plan-batch';
export { splitOutputs } from './split-outputs';
export { stackInputs } from './stack-inputs';
