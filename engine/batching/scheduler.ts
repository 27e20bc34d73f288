import type { EngineError } from '../base';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { BatchPolicy } from './batch-policy';

/** What decides when the requests of one model version run. The dynamic batcher is one, the sequence batcher another. */
export interface Scheduler {
  /** Requests that wait. */
  readonly queueLength: number;
  /** Requests that are in a running batch. */
  readonly inFlight: number;
  /** Sequences whose state it holds; 0 where requests are independent of each other. */
  readonly sequences: number;
  /**
   * Queues a request that has been checked against the model.
   *
   * @param rows size of its batch dimension (1 when the model has none)
   * @param laneKey equal for requests that may share a batch
   * @returns its result; rejects with QUEUE_FULL at once, CANCELLED, INSTANCE_LOST, BACKEND_FAILED, or why the scheduler closed
   */
  submit(request: InferenceRequest, rows: number, laneKey: string): Promise<InferenceResult>;
  /** Why even a request of one row would be refused now; null when it would not. One that is told so counts as refused. */
  refusal(): EngineError | null;
  /** Takes effect with the next plan; what waits stays where it is. */
  setPolicy(policy: BatchPolicy): void;
  /** To be called when an instance became idle or the pool changed. */
  instancesChanged(): void;
  /** Refuses new requests with `error`, runs what waits, and resolves when the last answer is out. */
  drain(error: EngineError): Promise<void>;
  /** Refuses new requests and fails those that wait, all with `error`. Running batches still answer. */
  abort(error: EngineError): void;
}
