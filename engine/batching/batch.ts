import type { DepartureReason } from '../contract';
import type { NamedTensor } from '../tensor';
import type { QueuedRequest } from './request-queue';

/** A batch on its way: whose rows it carries, in order, and why it left. */
export interface Batch {
  readonly id: number;
  readonly entries: readonly QueuedRequest[];
  readonly rows: number;
  readonly reason: DepartureReason;
  readonly dispatchedUs: number;
  /** Waiting time of its oldest request. */
  readonly oldestQueueUs: number;
}

/** Tensors and times that come back from an instance. */
export interface BatchOutput {
  readonly outputs: readonly NamedTensor[];
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
}
