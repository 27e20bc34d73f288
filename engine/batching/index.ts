export { AutoPlanner, CostCurve, profiledSizes } from './auto';
export type { Batch, BatchEntry, BatchOutput } from './batch';
export { type BatchPolicy, batchPolicyOf, largestBatch } from './batch-policy';
export type { BatchOutcome, BatchRunner } from './batch-runner';
export type { BatcherObserver } from './batcher-observer';
export type { Bid, DeviceGate } from './device-gate';
export { DeviceArbiters, DeviceSeat } from './device-seat';
export { DynamicBatcher, type DynamicBatcherOptions } from './dynamic-batcher';
export { LimitedGate } from './limited-gate';
export {
  type BatchPlan,
  type Capacity,
  type LaneView,
  planBatch,
  type QueueView,
  type WaitingRequest,
} from './plan-batch';
export type { Advice, Backlog, Forecast, Predictor, RunningBatch } from './predictor';
export { mayReorder, queueTermsOf } from './queue-policy';
export { RateLimiter, type ResourceUse } from './rate-limiter';
export { queuedRequest, RequestQueue } from './request-queue';
export { ResourceLimits } from './resource-limits';
export type { Scheduler } from './scheduler';
export {
  hiddenInputs,
  hiddenOutputs,
  lonelyInputs,
  readSequenceConfig,
  SequenceBatcher,
  type SequenceConfig,
  type SequenceSetup,
} from './sequence';
