import type { EngineError } from '../base';
import type { DepartureReason } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { NamedTensor } from '../tensor';

/** A request with the rows it brings and how it is answered: exactly one of `resolve` and `reject`, once. */
export interface BatchEntry {
  readonly request: InferenceRequest;
  readonly rows: number;
  readonly enqueuedUs: number;
  resolve: (result: InferenceResult) => void;
  reject: (error: EngineError) => void;
}

/** A batch on its way: whose rows it carries, in order, and why it left. */
export interface Batch {
  readonly id: number;
  readonly entries: readonly BatchEntry[];
  /** Of its requests. */
  readonly rows: number;
  /** Added up to an allowed size: copies of the last row, whose results nobody gets. */
  readonly paddedRows: number;
  readonly reason: DepartureReason;
  /** How long it was expected to run when it left, microseconds; null without a prediction. */
  readonly predictedUs: number | null;
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
