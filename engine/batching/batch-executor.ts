import { type Clock, EngineError, toEngineError } from '../base';
import type { DepartureReason } from '../contract';
import type { InferenceResult } from '../inference';
import type { NamedTensor } from '../tensor';
import type { Batch, BatchEntry, BatchOutput } from './batch';
import type { BatchRunner } from './batch-runner';
import type { BatcherObserver } from './batcher-observer';
import { splitOutputs } from './split-outputs';
import { copyInputs, stackInputs } from './stack-inputs';

export interface BatchExecutorOptions {
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
  /** All its requests have ended, or are the caller's again. */
  readonly onEnded: (batch: Batch) => void;
}

/**
 * What happens to requests once it is decided that they leave together: stack, run, share out, answer. A request that is here
 * ends here, exactly once, whatever becomes of its batch.
 */
export class BatchExecutor {
  readonly #options: BatchExecutorOptions;
  #running = 0;

  constructor(options: BatchExecutorOptions) {
    this.#options = options;
  }

  /** Requests that are in a running batch. */
  get inFlight(): number {
    return this.#running;
  }

  /**
   * Runs the entries as one batch, in their order. They have left the queue: nobody else answers them any more.
   *
   * @param stacks false: a single request whose tensors have no batch dimension to speak of
   * @param paddedRows to be added up to an allowed size; 0 when it does not stack
   */
  execute(entries: readonly BatchEntry[], reason: DepartureReason, stacks: boolean, paddedRows = 0): void {
    const { clock, runner, nextBatchId, onStarted, predictUs } = this.#options;
    const nowUs = clock.nowUs();
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
    const batch: Batch = {
      id: nextBatchId(),
      entries,
      reason,
      dispatchedUs: nowUs,
      rows,
      paddedRows,
      predictedUs: predictUs?.(rows + paddedRows) ?? null,
      oldestQueueUs: nowUs - entries.reduce((oldest, entry) => Math.min(oldest, entry.enqueuedUs), nowUs),
    };
    for (const { request } of entries) if (request.signal) request.signal.onCancel = null;
    this.#running += entries.length;
    let instance = '';
    try {
      const inputs = stacks
        ? stackInputs(
            entries.map((entry) => entry.request.inputs),
            paddedRows,
          )
        : copyInputs(entries[0]?.request.inputs ?? []);
      instance = runner.run(inputs, outputNamesFor(entries), {
        returned: (output) => this.#options.onReturned?.(batch, output),
        done: (output) => this.#settle(batch, instance, output),
        failed: (error) => this.#settleFailed(batch, instance, error),
      });
    } catch (error) {
      this.#options.onReturned?.(batch, null);
      this.#settleFailed(batch, instance, toEngineError(error));
      return;
    }
    onStarted?.(batch);
  }

  #settle(batch: Batch, instance: string, output: BatchOutput): void {
    let perRequest: readonly (readonly NamedTensor[])[];
    try {
      perRequest = sharedOut(batch, output);
    } catch (error) {
      this.#settleFailed(batch, instance, toEngineError(error));
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
    this.#ended(batch);
  }

  /** Each request of a failed batch gets an error of its own, with the batch's number. */
  #settleFailed(batch: Batch, instance: string, error: EngineError): void {
    const { clock, observer, onOutOfMemory } = this.#options;
    observer.batchFailed(batch, instance, error);
    if (error.code === 'OUT_OF_MEMORY' && onOutOfMemory?.(batch)) {
      this.#ended(batch);
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
    this.#ended(batch);
  }

  #ended(batch: Batch): void {
    this.#running -= batch.entries.length;
    this.#options.onEnded(batch);
  }
}

function sharedOut(batch: Batch, output: BatchOutput): readonly (readonly NamedTensor[])[] {
  if (batch.entries.length === 1 && batch.paddedRows === 0) return [output.outputs];
  return splitOutputs(
    output.outputs,
    batch.entries.map((entry) => entry.rows),
    batch.paddedRows,
  );
}

/** Outputs that somebody in the batch asked for; null (all) as soon as one request wants all. */
function outputNamesFor(entries: readonly BatchEntry[]): readonly string[] | null {
  const names = new Set<string>();
  for (const { request } of entries) {
    if (request.outputs === null) return null;
    for (const output of request.outputs) names.add(output.name);
  }
  return [...names];
}
