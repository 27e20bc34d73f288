import { type Clock, EngineError, type Timer, toEngineError } from '../base';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { NamedTensor } from '../tensor';
import type { Batch, BatchOutput } from './batch';
import type { BatchPolicy } from './batch-policy';
import { type Capacity, planBatch } from './plan-batch';
import { type Lane, type QueuedRequest, RequestQueue } from './request-queue';
import { splitOutputs } from './split-outputs';
import { copyInputs, stackInputs } from './stack-inputs';

/** Where batches run. An instance pool is one; tests bring their own. */
export interface BatchRunner {
  readonly capacity: Capacity;
  /** Runs on an idle instance, else behind the batch that one still runs; called only while there is capacity. */
  run(
    inputs: readonly NamedTensor[],
    outputNames: readonly string[] | null,
  ): { readonly instance: string; readonly output: Promise<BatchOutput> };
}

/** What happened to a batch and to requests: metrics and the batch inspector listen. */
export interface BatcherObserver {
  batchDone(batch: Batch, instance: string, output: BatchOutput): void;
  batchFailed(batch: Batch, instance: string, error: EngineError): void;
  requestDone(result: InferenceResult): void;
  /** `waitedUs`: since the queue took it; null when it was refused before. */
  requestFailed(error: EngineError, waitedUs: number | null): void;
}

export interface DynamicBatcherOptions {
  readonly model: string;
  readonly version: string;
  readonly clock: Clock;
  readonly runner: BatchRunner;
  readonly observer: BatcherObserver;
  readonly policy: BatchPolicy;
  /** Batch ids, unique in the engine. */
  readonly nextBatchId: () => number;
}

/**
 * The shell around `planBatch`: holds the queue, asks for a plan whenever something changed, obeys it, and keeps at most one
 * timer. Nothing else decides a batch.
 */
export class DynamicBatcher {
  readonly #options: DynamicBatcherOptions;
  readonly #queue: RequestQueue;
  #policy: BatchPolicy;
  #timer: { readonly timer: Timer; readonly atUs: number } | null = null;
  #pumpIsDue = false;
  #running = 0;
  #closed: EngineError | null = null;
  #whenEmpty: (() => void)[] = [];

  constructor(options: DynamicBatcherOptions) {
    this.#options = options;
    this.#policy = options.policy;
    this.#queue = new RequestQueue(options.policy);
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  /** Requests that are in a running batch. */
  get inFlight(): number {
    return this.#running;
  }

  get policy(): BatchPolicy {
    return this.#policy;
  }

  /** Takes effect with the next plan; what waits stays where it is. */
  setPolicy(policy: BatchPolicy): void {
    this.#policy = policy;
    this.#queue.policy = policy;
    this.#pumpSoon();
  }

  /**
   * Queues a request that has been checked against the model.
   *
   * @param rows size of its batch dimension (1 when the model has none)
   * @param laneKey equal for requests that may share a batch
   * @returns its result; rejects with QUEUE_FULL at once, CANCELLED, INSTANCE_LOST, BACKEND_FAILED, or why the batcher closed
   */
  submit(request: InferenceRequest, rows: number, laneKey: string): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      const entry: QueuedRequest = {
        request,
        rows,
        enqueuedUs: this.#options.clock.nowUs(),
        resolve,
        reject,
        lane: null,
        laneNext: null,
        lanePrevious: null,
        arrivalNext: null,
        arrivalPrevious: null,
      };
      if (this.#closed) return this.#refuse(entry, this.#closed);
      if (request.signal?.cancelled) return this.#cancel(entry);
      try {
        this.#queue.push(entry, laneKey);
      } catch (error) {
        return this.#refuse(entry, toEngineError(error));
      }
      if (request.signal) request.signal.onCancel = () => this.#queue.remove(entry) && this.#cancel(entry);
      this.#pumpSoon();
    });
  }

  /** To be called when an instance became idle or the pool changed. */
  instancesChanged(): void {
    this.pump();
  }

  /** Refuses new requests with `error`, runs what waits, and resolves when the last answer is out. */
  async drain(error: EngineError): Promise<void> {
    this.#closed = error;
    this.pump();
    if (this.#isEmpty()) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Refuses new requests and fails those that wait, all with `error`. Running batches still answer. */
  abort(error: EngineError): void {
    this.#closed = error;
    this.#clearTimer();
    for (const entry of this.#queue.takeAll()) this.#fail(entry, error);
    this.#announceIfEmpty();
  }

  /** Asks for plans and obeys them until there is nothing to do now. */
  pump(): void {
    const { clock, runner } = this.#options;
    for (;;) {
      const plan = planBatch(this.#queue, clock.nowUs(), this.#effectivePolicy(), runner.capacity);
      if (plan.kind === 'dispatch') {
        this.#dispatch(plan.lane, plan.requests, plan.reason);
        continue;
      }
      if (plan.kind === 'wait') this.#wakeAt(plan.untilUs);
      else this.#clearTimer();
      return;
    }
  }

  /** While draining nobody else will come: waiting for company would only delay the end. */
  #effectivePolicy(): BatchPolicy {
    return this.#closed ? { ...this.#policy, maxQueueDelayUs: 0 } : this.#policy;
  }

  /**
   * Plans after the event loop has read what has already arrived: requests of one burst, each on a socket of its own, are
   * delivered in one turn of the loop, and a plan made at the first of them would send it alone.
   */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    const { clock } = this.#options;
    clock.callAt(clock.nowUs(), () => {
      this.#pumpIsDue = false;
      this.pump();
    });
  }

  #dispatch(lane: Lane, requests: number, reason: Batch['reason']): void {
    const { clock, runner, nextBatchId } = this.#options;
    const entries = this.#queue.take(lane, requests);
    const nowUs = clock.nowUs();
    const batch: Batch = {
      id: nextBatchId(),
      entries,
      reason,
      dispatchedUs: nowUs,
      rows: entries.reduce((sum, entry) => sum + entry.rows, 0),
      oldestQueueUs: nowUs - (entries[0]?.enqueuedUs ?? nowUs),
    };
    for (const { request } of entries) if (request.signal) request.signal.onCancel = null;
    this.#running += entries.length;
    let instance = '';
    try {
      const inputs = this.#policy.unbatched
        ? copyInputs(entries[0]?.request.inputs ?? [])
        : stackInputs(entries.map((entry) => entry.request.inputs));
      const run = runner.run(inputs, outputNamesFor(entries));
      instance = run.instance;
      run.output.then(
        (output) => this.#settle(batch, instance, output),
        (error) => this.#settleFailed(batch, instance, toEngineError(error)),
      );
    } catch (error) {
      this.#settleFailed(batch, instance, toEngineError(error));
    }
  }

  #settle(batch: Batch, instance: string, output: BatchOutput): void {
    let perRequest: readonly (readonly NamedTensor[])[];
    try {
      perRequest = this.#sharedOut(batch, output);
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
    this.#finished(batch);
  }

  #sharedOut(batch: Batch, output: BatchOutput): readonly (readonly NamedTensor[])[] {
    if (batch.entries.length === 1) return [output.outputs];
    return splitOutputs(
      output.outputs,
      batch.entries.map((entry) => entry.rows),
    );
  }

  /** Each request of a failed batch gets an error of its own, with the batch's number. */
  #settleFailed(batch: Batch, instance: string, error: EngineError): void {
    this.#options.observer.batchFailed(batch, instance, error);
    for (const entry of batch.entries) {
      this.#fail(
        entry,
        new EngineError(error.code, `${error.message} (batch ${batch.id}, ${batch.rows} rows)`, {
          cause: error,
          retryAfterSeconds: error.retryAfterSeconds,
        }),
      );
    }
    this.#finished(batch);
  }

  #finished(batch: Batch): void {
    this.#running -= batch.entries.length;
    this.#announceIfEmpty();
  }

  #cancel(entry: QueuedRequest): void {
    this.#fail(
      entry,
      entry.request.signal?.code === 'CALL_EXPIRED'
        ? new EngineError('CALL_EXPIRED', "the call's deadline passed while the request waited")
        : new EngineError('CANCELLED', 'the client went away while the request waited'),
    );
    this.#announceIfEmpty();
  }

  /** Of a request that never waited. */
  #refuse(entry: QueuedRequest, error: EngineError): void {
    this.#options.observer.requestFailed(error, null);
    entry.reject(error);
  }

  #fail(entry: QueuedRequest, error: EngineError): void {
    if (entry.request.signal) entry.request.signal.onCancel = null;
    const { clock, observer } = this.#options;
    observer.requestFailed(error, clock.nowUs() - entry.enqueuedUs);
    entry.reject(error);
  }

  #isEmpty(): boolean {
    return this.#running === 0 && this.#queue.length === 0;
  }

  #announceIfEmpty(): void {
    if (!this.#isEmpty() || this.#whenEmpty.length === 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #wakeAt(atUs: number): void {
    if (this.#timer && this.#timer.atUs === atUs) return;
    this.#clearTimer();
    const timer = this.#options.clock.callAt(atUs, () => {
      this.#timer = null;
      this.pump();
    });
    this.#timer = { timer, atUs };
  }

  #clearTimer(): void {
    this.#timer?.timer.cancel();
    this.#timer = null;
  }
}

/** Outputs that somebody in the batch asked for; null (all) as soon as one request wants all. */
function outputNamesFor(entries: readonly QueuedRequest[]): readonly string[] | null {
  const names = new Set<string>();
  for (const { request } of entries) {
    if (request.outputs === null) return null;
    for (const output of request.outputs) names.add(output.name);
  }
  return [...names];
}
