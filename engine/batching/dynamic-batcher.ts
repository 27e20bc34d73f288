import { type Clock, EngineError, toEngineError } from '../base';
import type { DepartureReason } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { Batch, BatchEntry, BatchOutput } from './batch';
import { BatchExecutor } from './batch-executor';
import { type BatchForm, stackedForm } from './batch-form';
import { type BatchHalf, BatchHalving } from './batch-halving';
import type { BatchPolicy } from './batch-policy';
import type { BatchRunner } from './batch-runner';
import { paddedSize } from './batch-size';
import type { BatcherObserver } from './batcher-observer';
import { type DeviceGate, OPEN_GATE } from './device-gate';
import { type Capacity, planBatch } from './plan-batch';
import { cancelError, PlanLoop } from './plan-loop';
import type { Backlog, Predictor, RunningBatch } from './predictor';
import { queueTermsOf } from './queue-policy';
import { type Lane, type QueuedRequest, queuedRequest, RequestQueue } from './request-queue';
import { type Answer, ResponseOrder } from './response-order';
import type { Scheduler } from './scheduler';

export interface DynamicBatcherOptions {
  readonly model: string;
  readonly version: string;
  readonly clock: Clock;
  readonly runner: BatchRunner;
  readonly observer: BatcherObserver;
  readonly policy: BatchPolicy;
  /** Batch ids, unique in the engine. */
  readonly nextBatchId: () => number;
  /** Absent: the device is this model's alone. */
  readonly gate?: DeviceGate;
  /** Absent: nothing is predicted. */
  readonly predictor?: Predictor;
  /**
   * A batch of `failedRows` did not fit into memory, or (null) one larger than the limit did: from now on none has more than `rowLimit`
   * but for a trial now and then. Infinity: no limit any more.
   */
  readonly onRowLimit?: (rowLimit: number, failedRows: number | null) => void;
}

/**
 * The shell around `planBatch`: holds the queue, asks for a plan whenever something changed, and obeys it. Nothing else decides a
 * batch.
 */
export class DynamicBatcher implements Scheduler {
  readonly sequences = 0;
  readonly #options: DynamicBatcherOptions;
  readonly #queue: RequestQueue;
  readonly #executor: BatchExecutor<BatchForm>;
  readonly #loop: PlanLoop;
  readonly #order = new ResponseOrder();
  readonly #halving = new BatchHalving();
  readonly #gate: DeviceGate;
  readonly #predictor: Predictor | null;
  #policy: BatchPolicy;

  constructor(options: DynamicBatcherOptions) {
    this.#options = options;
    this.#policy = options.policy;
    this.#queue = new RequestQueue(options.policy);
    this.#gate = options.gate ?? OPEN_GATE;
    this.#predictor = options.predictor ?? null;
    this.#executor = new BatchExecutor({
      ...options,
      predictUs: (rows) => this.#predictor?.predictUs(rows) ?? null,
      onStarted: (batch) => this.#started(asRun(batch)),
      onReturned: (batch, output) => this.#returned(batch, output),
      onOutOfMemory: (batch) => this.#halve(batch),
      onEnded: (batch, _form, error) => this.#ended(asRun(batch), error === null),
    });
    this.#loop = new PlanLoop({
      ...options,
      pump: () => this.pump(),
      isEmpty: () => this.inFlight === 0 && this.#queue.length === 0,
    });
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  get inFlight(): number {
    return this.#executor.inFlight + this.#halving.waiting;
  }

  setPolicy(policy: BatchPolicy): void {
    this.#policy = policy;
    this.#queue.policy = policy;
    this.#halving.limit.lift();
    this.#loop.pumpSoon();
  }

  submit(request: InferenceRequest, rows: number, laneKey: string): Promise<InferenceResult> {
    return new Promise((resolve, reject) => this.enqueue(request, rows, laneKey, { resolve, reject }));
  }

  /** As `submit`, with callbacks; those of a request that is refused are called before this returns. */
  enqueue(request: InferenceRequest, rows: number, laneKey: string, answer: Answer): void {
    const nowUs = this.#options.clock.nowUs();
    const { scheduling } = this.#policy;
    const { resolve, reject } = answer;
    const entry = queuedRequest(
      { request, rows, enqueuedUs: nowUs, resolve, reject },
      queueTermsOf(request.parameters, scheduling),
    );
    if (!this.#takes(entry, laneKey, nowUs)) return;
    if (scheduling?.preserveOrdering) Object.assign(entry, this.#order.place(answer));
    if (request.signal) request.signal.onCancel = () => this.#queue.remove(entry) && this.#cancel(entry);
    this.#predictor?.requestArrived(rows, this.#backlog, nowUs);
    this.#loop.pumpSoon();
  }

  /** Puts it into the queue, or answers why not. */
  #takes(entry: QueuedRequest, laneKey: string, nowUs: number): boolean {
    const { closed } = this.#loop;
    if (!closed && entry.request.signal?.cancelled) {
      this.#cancel(entry);
      return false;
    }
    const refusal = closed ?? this.#predictor?.admit(entry.rows, this.#backlog, nowUs);
    try {
      if (refusal) throw refusal;
      this.#queue.push(entry, laneKey);
      return true;
    } catch (error) {
      this.#loop.refuse(entry, toEngineError(error));
      return false;
    }
  }

  refusal(): EngineError | null {
    const error = this.#predictor?.admit(1, this.#backlog, this.#options.clock.nowUs()) ?? null;
    if (error) this.#options.observer.requestFailed(error, null);
    return error;
  }

  instancesChanged(): void {
    this.pump();
  }

  drain(error: EngineError): Promise<void> {
    return this.#loop.drain(error);
  }

  abort(error: EngineError): void {
    // Half a batch has had its turn: an error of its own waits for its place among the answers.
    const halves = this.#halving
      .takeAll()
      .map(({ request, enqueuedUs, reject }) => ({ request, enqueuedUs, withdraw: reject }));
    this.#loop.abort(error, [...this.#queue.takeAll(), ...halves]);
    this.#gate.withdraw();
  }

  /** Asks for plans and obeys them until there is nothing to do now. */
  pump(): void {
    while (this.#step());
  }

  /** False: there is nothing more to do now. */
  #step(): boolean {
    const nowUs = this.#options.clock.nowUs();
    this.#expire(nowUs);
    const half = this.#halving.nextWithin(this.#policy);
    if (half) return this.#executeHalf(half);
    const forecast = this.#loop.closed ? null : (this.#predictor?.forecast ?? null);
    const plan = planBatch(this.#queue, nowUs, this.#effectivePolicy(nowUs), this.#capacity(), forecast);
    if (plan.kind !== 'dispatch') {
      this.#gate.withdraw();
      this.#wakeAt(plan.kind === 'wait' ? plan.untilUs : Number.POSITIVE_INFINITY);
      return false;
    }
    if (!this.#enters(rowsOfFirst(plan.lane, plan.requests), plan.lane.oldestEnqueuedUs)) {
      this.#wakeAt(Number.POSITIVE_INFINITY);
      return false;
    }
    this.#execute(this.#queue.take(plan.lane, plan.requests), plan.reason);
    return true;
  }

  #execute(entries: readonly BatchEntry[], reason: DepartureReason): void {
    // By all the sizes that the model takes, also above what fitted: of another one it would make nothing.
    const { unbatched, allowedBatchSizes = [] } = this.#policy;
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
    const stacks = !unbatched || allowedBatchSizes.length > 0;
    const paddedRows = paddedSize(rows, allowedBatchSizes) - rows;
    this.#executor.execute(entries, reason, stackedForm(entries, stacks, paddedRows));
  }

  /** What has waited for longer than it may leaves before anything is planned, and does not wait for an instance to do so. */
  #expire(nowUs: number): void {
    const expired = this.#queue.expire(nowUs);
    for (const entry of expired) {
      const waitedMs = Number(((nowUs - entry.enqueuedUs) / 1000).toFixed(1));
      this.#loop.fail(
        entry,
        new EngineError(
          'DEADLINE_EXCEEDED',
          `the request waited ${waitedMs} ms in the queue; its timeout is ${entry.timeoutUs} microseconds`,
        ),
      );
    }
    if (expired.length > 0) this.#loop.announceIfEmpty();
  }

  /** With others at the device nothing is handed ahead: it would take their turn. */
  #capacity(): Capacity {
    const { capacity } = this.#options.runner;
    return this.#gate.isContended ? { idle: capacity.idle, ahead: 0 } : capacity;
  }

  #enters(rows: number, oldestUs: number): boolean {
    const gate = this.#gate;
    if (gate === OPEN_GATE) return true;
    const sloUs = this.#predictor?.sloUs ?? Number.POSITIVE_INFINITY;
    const predictedUs = this.#predictor?.predictUs(paddedSize(rows, this.#policy.allowedBatchSizes)) ?? null;
    return gate.tryEnter({ rows, predictedUs, deadlineUs: oldestUs + sloUs });
  }

  get #backlog(): Backlog {
    return { waitingRows: this.#queue.rows, inFlight: this.inFlight };
  }

  /** While draining nobody else will come: waiting for company would only delay the end. */
  #effectivePolicy(nowUs: number): BatchPolicy {
    const policy = this.#halving.limited(this.#policy, nowUs);
    return this.#loop.closed ? { ...policy, maxQueueDelayUs: 0 } : policy;
  }

  /** Runs half of a batch that did not fit into memory, before anything from the queue. False: not now. */
  #executeHalf(half: BatchHalf): boolean {
    const { idle, ahead } = this.#capacity();
    const hasRoom = idle + ahead > 0;
    if (!hasRoom) this.#gate.withdraw();
    if (!hasRoom || !this.#enters(half.rows, half.oldestUs)) {
      this.#wakeAt(Number.POSITIVE_INFINITY);
      return false;
    }
    this.#halving.take();
    this.#execute(half.entries, half.reason);
    return true;
  }

  #halve(batch: Batch): boolean {
    const { limit } = this.#halving;
    const before = limit.rows;
    const isKept = this.#halving.halve(batch, this.#options.clock.nowUs());
    if (limit.rows < before || limit.isTrial(batch.id))
      this.#options.onRowLimit?.(limit.rows, asRun(batch).rows);
    return isKept;
  }

  #started(run: RunningBatch): void {
    const nowUs = this.#options.clock.nowUs();
    this.#halving.limit.started(run.id, run.rows, nowUs);
    this.#predictor?.batchStarted(run, nowUs);
  }

  #ended({ id, rows }: RunningBatch, isWell: boolean): void {
    const { limit } = this.#halving;
    const nowUs = this.#options.clock.nowUs();
    if (!isWell) limit.ended(id, nowUs);
    else if (limit.fitted(id, rows, nowUs)) {
      if (limit.rows >= this.#policy.maxBatchSize) limit.lift();
      this.#options.onRowLimit?.(limit.rows, null);
    }
    if (this.#halving.isDue) this.pump();
    this.#loop.announceIfEmpty();
  }

  #returned(batch: Batch, output: BatchOutput | null): void {
    const runUs = output && output.computeInputUs + output.computeInferUs + output.computeOutputUs;
    this.#predictor?.batchEnded(asRun(batch), runUs, this.#options.clock.nowUs());
    this.#gate.leave();
  }

  #cancel(entry: QueuedRequest): void {
    this.#loop.fail(entry, cancelError(entry.request));
    this.#loop.announceIfEmpty();
    // What is left may be a preferred size now, or nothing that needs the device.
    this.#loop.pumpSoon();
  }

  /** At `plannedUs`, or as soon as a request has waited too long: also while every instance is busy. */
  #wakeAt(plannedUs: number): void {
    this.#loop.wakeAt(Math.min(plannedUs, this.#queue.nextExpiryUs + 1));
  }
}

function rowsOfFirst(lane: Lane, requests: number): number {
  let rows = 0;
  let left = requests;
  for (let more = lane.first; more !== null && left-- > 0; more = lane.after(more)) rows += more.rows;
  return rows;
}

/** The instance runs the padding too. */
function asRun({ id, rows, paddedRows }: Batch): RunningBatch {
  return { id, rows: rows + paddedRows };
}
