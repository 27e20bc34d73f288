import type { EngineError } from '../base';
import type { InferenceResult } from '../inference';
import type { Batch, BatchOutput } from './batch';

/** What happened to a batch and to requests: metrics and the batch inspector listen. */
export interface BatcherObserver {
  batchDone(batch: Batch, instance: string, output: BatchOutput): void;
  batchFailed(batch: Batch, instance: string, error: EngineError): void;
  requestDone(result: InferenceResult): void;
  /** `waitedUs`: since the queue took it; null when it was refused before. */
  requestFailed(error: EngineError, waitedUs: number | null): void;
}
