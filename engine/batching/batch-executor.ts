import { type Clock, EngineError, toEngineError } from '../base';
import type { DepartureReason } from '../contract';
import type { InferenceResult } from '../inference';
import type { NamedTensor } from '../tensor';
import type { Batch, BatchEntry, BatchOutput } from './batch';
import type { BatchForm } from './batch-form';
import type { BatchRunner } from './batch-runner';
import type { BatcherObserver } from './batcher-observer';

export interface BatchExecutorOptions<Form extends BatchForm> {
  readonly model: string;
  readonly version: string;
  readonly clock: Clock;
  readonly runner: BatchRunner;
  readonly observer: BatcherObserver;
  /** Batch ids, unique in the engine. */
  readonly nextBatchId: () => number;
  /** How long a batch of so many rows, padding included, is expected to run; absent: nobody knows. */
  readonly predictUs?: (rows: number) => number | null;
  /** A batch was handed to an instance. */
  readonly onStarted?: (batch: Batch) => void;
  /** It came back (`output` null: failed), its requests are not answered yet. */
  readonly onReturned?: (batch: Batch, output: BatchOutput | null) => void;
  /** It did not fit into memory. True: its requests are the caller's again, who answers them or has them executed anew. */
  readonly onOutOfMemory?: (batch: Batch) => boolean;
  /** All its requests have ended, or are the caller's again; `error`: why it failed. */
  readonly onEnded: (batch: Batch, form: Form, error: EngineError | null) => void;
}

/**
 * What happens to requests once it is decided that they leave together: stack, run, share out, answer. A request that is here
 * ends here, exactly once, whatever becomes of its batch.
 */
export class BatchExecutor<Form extends BatchForm> {
  readonly #options: BatchExecutorOptions<Form>;
  #running = 0;

  constructor(options: BatchExecutorOptions<Form>) {
    this.#options = options;
  }

  /** Requests that are in a running batch. */
  get inFlight(): number {
    return this.#running;
  }

  /** Runs the entries as one batch, in their order. They have left the queue: nobody else answers them any more. */
  execute(entries: readonly BatchEntry[], reason: DepartureReason, form: Form): void {
    const { clock, runner, nextBatchId, onStarted, predictUs } = this.#options;
    const nowUs = clock.nowUs();
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
    const batch: Batch = {
      id: nextBatchId(),
      entries,
      reason,
      dispatchedUs: nowUs,
      rows,
      paddedRows: form.paddedRows,
      predictedUs: predictUs?.(rows + form.paddedRows) ?? null,
      oldestQueueUs: nowUs - entries.reduce((oldest, entry) => Math.min(oldest, entry.enqueuedUs), nowUs),
    };
    for (const { request } of entries) if (request.signal) request.signal.onCancel = null;
    this.#running += entries.length;
    let instance = '';
    try {
      instance = runner.run(form.inputs(), form.outputNames, {
        returned: (output) => this.#options.onReturned?.(batch, output),
        done: (output) => this.#settle(batch, form, instance, output),
        failed: (error) => this.#settleFailed(batch, form, instance, error),
      });
    } catch (error) {
      this.#options.onReturned?.(batch, null);
      this.#settleFailed(batch, form, instance, toEngineError(error));
      return;
    }
    onStarted?.(batch);
  }

  #settle(batch: Batch, form: Form, instance: string, output: BatchOutput): void {
    let perRequest: readonly (readonly NamedTensor[])[];
    try {
      perRequest = form.share(output);
    } catch (error) {
      this.#settleFailed(batch, form, instance, toEngineError(error));
      return;
    }
    const { clock, model, version, observer } = this.#options;
    observer.batchDone(batch, instance, output);
    const nowUs = clock.nowUs();
    batch.entries.forEach((entry, i) => {
      const result: InferenceResult = {
        model,
        version,
        outputs: perRequest[i] ?? [],
        spans: {
          queueUs: batch.dispatchedUs - entry.enqueuedUs,
          computeInputUs: output.computeInputUs,
          computeInferUs: output.computeInferUs,
          computeOutputUs: output.computeOutputUs,
          totalUs: nowUs - entry.enqueuedUs,
        },
        batch: { id: batch.id, rows: batch.rows, reason: batch.reason },
      };
      observer.requestDone(result);
      entry.resolve(result);
    });
    this.#ended(batch, form, null);
  }

  /** Each request of a failed batch gets an error of its own, with the batch's number. */
  #settleFailed(batch: Batch, form: Form, instance: string, error: EngineError): void {
    const { clock, observer, onOutOfMemory } = this.#options;
    observer.batchFailed(batch, instance, error);
    if (error.code === 'OUT_OF_MEMORY' && onOutOfMemory?.(batch)) {
      this.#ended(batch, form, error);
      return;
    }
    for (const entry of batch.entries) {
      const own = new EngineError(error.code, `${error.message} (batch ${batch.id}, ${batch.rows} rows)`, {
        cause: error,
        retryAfterSeconds: error.retryAfterSeconds,
      });
      observer.requestFailed(own, clock.nowUs() - entry.enqueuedUs);
      entry.reject(own);
    }
    this.#ended(batch, form, error);
  }

  #ended(batch: Batch, form: Form, error: EngineError | null): void {
    this.#running -= batch.entries.length;
    this.#options.onEnded(batch, form, error);
  }
}
