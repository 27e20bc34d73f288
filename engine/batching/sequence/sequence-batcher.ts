import { EngineError, type Timer, toEngineError } from '../../base';
import type { DepartureReason } from '../../contract';
import type { InferenceRequest, InferenceResult } from '../../inference';
import type { NamedTensor } from '../../tensor';
import type { Batch, BatchOutput } from '../batch';
import type { BatchPolicy } from '../batch-policy';
import { type DeviceGate, OPEN_GATE } from '../device-gate';
import type { DynamicBatcherOptions } from '../dynamic-batcher';
import type { Scheduler } from '../scheduler';
import { splitOutputs } from '../split-outputs';
import { bySlot, cancelError, rowOf, wantedOutputs } from './batch-rows';
import { planDirect, planOldest, type SequencePlan } from './plan-sequences';
import { ReleaseOrder } from './release-order';
import type { Bench, Sequence, SequenceRequest } from './sequence';
import type { SequenceSetup } from './sequence-config';
import { readSequenceFlags } from './sequence-id';
import { type Seating, SequenceTable } from './sequence-table';
import {
  outputNamesWith,
  type SequenceRow,
  sequenceInputs,
  statesOf,
  visibleOutputs,
} from './sequence-tensors';

export interface SequenceBatcherOptions extends DynamicBatcherOptions {
  readonly setup: SequenceSetup;
  /** Instances that are wanted: each has a batch's worth of slots, or candidates. */
  readonly instances: () => number;
}

/** What one batch carries: `rows[i]` is the sequence of row i, null for a slot without a request. */
interface Load {
  readonly batch: Batch;
  readonly rows: readonly (Sequence | null)[];
  readonly requests: ReadonlyMap<Sequence, SequenceRequest>;
  readonly bench: Bench;
}

/**
 * The shell around `planDirect` and `planOldest`: holds the sequences, asks for a plan whenever something changed, obeys it, and
 * keeps at most one timer. A sequence has at most one request in a batch and one batch at a time, so that its requests run in
 * their order and each on the state that the one before left.
 */
export class SequenceBatcher implements Scheduler {
  readonly #options: SequenceBatcherOptions;
  readonly #table: SequenceTable;
  readonly #order: ReleaseOrder | null;
  readonly #gate: DeviceGate;
  #policy: BatchPolicy;
  #instances: number;
  #timer: { readonly timer: Timer; readonly atUs: number } | null = null;
  #pumpIsDue = false;
  #running = 0;
  #closed: EngineError | null = null;
  #whenEmpty: (() => void)[] = [];

  constructor(options: SequenceBatcherOptions) {
    const { setup, model, instances, policy, gate = OPEN_GATE } = options;
    this.#options = options;
    this.#policy = policy;
    this.#instances = instances();
    this.#gate = gate;
    const { strategy, maxIdleUs, initialStates } = setup;
    const order = strategy.kind === 'oldest' && strategy.preserveOrdering ? new ReleaseOrder() : null;
    this.#order = order;
    const onReady = ({ waiting: [next] }: Sequence): void => {
      if (next && order) next.ticket ??= order.take();
    };
    this.#table = new SequenceTable({ model, maxIdleUs, initialStates, onReady }, this.#seating());
  }

  get queueLength(): number {
    return this.#table.waiting;
  }

  /** Requests that are in a running batch. */
  get inFlight(): number {
    return this.#running;
  }

  /** Sequences that are known: running, waiting, or idle for less than the limit. */
  get sequences(): number {
    return this.#table.size;
  }

  get policy(): BatchPolicy {
    return this.#policy;
  }

  /** Takes effect with the next plan. Sequences keep what they have; where seats become fewer, some wait for one. */
  setPolicy(policy: BatchPolicy): void {
    const before = this.#seating();
    this.#policy = policy;
    this.#instances = this.#options.instances();
    const after = this.#seating();
    if (before.benches !== after.benches || before.slots !== after.slots) this.#table.reseat(after);
    this.#pumpSoon();
  }

  /**
   * Queues a request behind those of its sequence.
   *
   * @param rows size of its batch dimension: 1
   * @param laneKey equal for requests that may share a batch
   * @returns its result; rejects with INVALID_ARGUMENT or QUEUE_FULL at once, CANCELLED, INSTANCE_LOST, BACKEND_FAILED, or why the
   * batcher closed
   */
  submit(request: InferenceRequest, rows: number, laneKey: string): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      const { clock, observer } = this.#options;
      let entry: SequenceRequest;
      try {
        if (this.#closed) throw this.#closed;
        entry = this.#entryOf(request, rows, laneKey, resolve, reject);
        if (request.signal?.cancelled) throw cancelError(request);
        this.#table.expire(clock.nowUs());
        this.#table.accept(entry, this.#policy.maxQueueSize);
      } catch (error) {
        const refusal = toEngineError(error);
        observer.requestFailed(refusal, null);
        reject(refusal);
        return;
      }
      if (request.signal) request.signal.onCancel = () => this.#cancel(entry);
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
    this.#table.close();
    this.pump();
    if (this.#isEmpty()) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Refuses new requests and fails those that wait, all with `error`. Running batches still answer. */
  abort(error: EngineError): void {
    this.#closed = error;
    this.#clearTimer();
    for (const entry of this.#table.takeAll()) this.#fail(entry, error);
    this.#announceIfEmpty();
  }

  /** Asks for plans and obeys them until there is nothing to do now. */
  pump(): void {
    const { clock, runner } = this.#options;
    const nowUs = clock.nowUs();
    this.#table.expire(nowUs);
    let untilUs = this.#table.expiresUs ?? Number.POSITIVE_INFINITY;
    while (runner.capacity.idle > 0) {
      const { plan, bench } = this.#plan(nowUs);
      if (plan.kind === 'wait') untilUs = Math.min(untilUs, plan.untilUs);
      if (plan.kind !== 'dispatch' || bench === null) {
        this.#gate.withdraw();
        break;
      }
      // Not our turn: the gate calls when it is.
      if (!this.#gate.tryEnter({ rows: plan.chosen.length, predictedUs: null, deadlineUs: Infinity })) break;
      this.#dispatch(bench, plan.chosen, plan.reason, nowUs);
    }
    if (untilUs === Number.POSITIVE_INFINITY) this.#clearTimer();
    else this.#wakeAt(untilUs);
  }

  #entryOf(
    request: InferenceRequest,
    rows: number,
    laneKey: string,
    resolve: SequenceRequest['resolve'],
    reject: SequenceRequest['reject'],
  ): SequenceRequest {
    const { setup, model, clock } = this.#options;
    if (rows !== 1)
      throw new EngineError(
        'INVALID_ARGUMENT',
        `inference request to model '${model}' must specify batch-size 1 due to requirements of sequence batcher; it has ${rows}`,
      );
    const flags = readSequenceFlags(
      request,
      setup.controls.find(({ kind }) => kind === 'CORRID'),
    );
    return { request, rows, flags, laneKey, enqueuedUs: clock.nowUs(), resolve, reject, ticket: null };
  }

  #seating(): Seating {
    const { strategy, stacks } = this.#options.setup;
    const instances = Math.max(1, this.#instances);
    if (strategy.kind === 'oldest') return { benches: 1, slots: instances * strategy.maxCandidateSequences };
    return { benches: instances, slots: stacks ? this.#policy.maxBatchSize : 1 };
  }

  /** The next batch over all benches, and when to ask again if there is none. */
  #plan(nowUs: number): { readonly plan: SequencePlan<Sequence>; readonly bench: Bench | null } {
    const { strategy: stated, stacks } = this.#options.setup;
    // While draining nobody else will come: waiting for company would only delay the end.
    const strategy = this.#closed ? { ...stated, maxQueueDelayUs: 0 } : stated;
    const [first = null] = this.#table.benches;
    if (strategy.kind === 'oldest') {
      const maxRows = stacks ? this.#policy.maxBatchSize : 1;
      return { plan: planOldest(this.#table.ready, nowUs, strategy, maxRows), bench: first };
    }
    let untilUs = Number.POSITIVE_INFINITY;
    for (const bench of this.#table.benches) {
      if (bench.running) continue;
      const ready = bench.slots.filter((sequence) => sequence?.isReady === true) as Sequence[];
      const plan = planDirect(ready, nowUs, strategy, bench.slots.length);
      if (plan.kind === 'dispatch') return { plan, bench };
      if (plan.kind === 'wait') untilUs = Math.min(untilUs, plan.untilUs);
    }
    const idle = untilUs === Number.POSITIVE_INFINITY;
    return { plan: idle ? { kind: 'idle' } : { kind: 'wait', untilUs }, bench: null };
  }

  /** Plans after the event loop has read what has already arrived, as the dynamic batcher does. */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    const { clock } = this.#options;
    clock.callAt(clock.nowUs(), () => {
      this.#pumpIsDue = false;
      this.pump();
    });
  }

  #dispatch(bench: Bench, chosen: readonly Sequence[], reason: DepartureReason, nowUs: number): void {
    const { runner, nextBatchId, setup } = this.#options;
    const isDirect = setup.strategy.kind === 'direct';
    const rows = isDirect ? bySlot(chosen) : chosen;
    const parts = rows.map((sequence): SequenceRow | null => sequence && rowOf(sequence));
    const requests = new Map(chosen.map((sequence) => [sequence, this.#table.take(sequence)]));
    const entries = [...requests.values()];
    for (const { request } of entries) if (request.signal) request.signal.onCancel = null;
    const oldestUs = entries.reduce((oldest, { enqueuedUs }) => Math.min(oldest, enqueuedUs), nowUs);
    const batch: Batch = {
      id: nextBatchId(),
      entries,
      rows: entries.length,
      reason,
      predictedUs: null,
      paddedRows: 0,
      dispatchedUs: nowUs,
      oldestQueueUs: nowUs - oldestUs,
    };
    const load: Load = { batch, rows, requests, bench };
    if (isDirect) bench.running = true;
    this.#running += entries.length;
    let instance = '';
    try {
      const names = outputNamesWith(wantedOutputs(entries), setup);
      instance = runner.run(sequenceInputs(parts, setup), names, {
        returned: (output) => this.#returned(output),
        done: (output) => this.#settle(load, instance, output),
        failed: (error) => this.#settleFailed(load, instance, error),
      });
    } catch (error) {
      this.#returned(null);
      this.#settleFailed(load, instance, toEngineError(error));
    }
  }

  #returned(output: BatchOutput | null): void {
    const busyUs = output ? output.computeInputUs + output.computeInferUs + output.computeOutputUs : 0;
    this.#gate.leave(busyUs);
  }

  #settle(load: Load, instance: string, output: BatchOutput): void {
    const { clock, observer, setup } = this.#options;
    const { batch, rows, requests } = load;
    let perRow: readonly (readonly NamedTensor[])[];
    let states: readonly (readonly NamedTensor[])[];
    try {
      perRow = setup.stacks
        ? splitOutputs(
            output.outputs,
            rows.map(() => 1),
          )
        : [output.outputs];
      states = rows.map((sequence, i) => (sequence ? statesOf(perRow[i] ?? [], setup) : []));
    } catch (error) {
      this.#settleFailed(load, instance, toEngineError(error));
      return;
    }
    observer.batchDone(batch, instance, output);
    const nowUs = clock.nowUs();
    rows.forEach((sequence, i) => {
      const entry = sequence && requests.get(sequence);
      if (!sequence || !entry) return;
      this.#table.finish(sequence, states[i] ?? [], nowUs);
      this.#answer(entry, batch, output, visibleOutputs(perRow[i] ?? [], setup));
    });
    this.#finished(load);
  }

  #answer(
    entry: SequenceRequest,
    batch: Batch,
    { computeInputUs, computeInferUs, computeOutputUs }: BatchOutput,
    outputs: readonly NamedTensor[],
  ): void {
    const { clock, model, version, observer } = this.#options;
    this.#release(entry, () => {
      const queueUs = batch.dispatchedUs - entry.enqueuedUs;
      const totalUs = clock.nowUs() - entry.enqueuedUs;
      const result: InferenceResult = {
        model,
        version,
        outputs,
        spans: { queueUs, computeInputUs, computeInferUs, computeOutputUs, totalUs },
        batch: { id: batch.id, rows: batch.rows, reason: batch.reason },
      };
      observer.requestDone(result);
      entry.resolve(result);
    });
  }

  /**
   * A failed batch changes no state: each sequence goes on from its last good request. What already waited behind the failed one
   * was sent in the belief that it would run, so it fails too.
   */
  #settleFailed(load: Load, instance: string, error: EngineError): void {
    const { observer, clock } = this.#options;
    const { batch, requests } = load;
    observer.batchFailed(batch, instance, error);
    const because = (what: string): EngineError =>
      new EngineError(error.code, `${error.message} (${what} ${batch.id}, ${batch.rows} rows)`, {
        cause: error,
        retryAfterSeconds: error.retryAfterSeconds,
      });
    for (const [sequence, entry] of requests) {
      const followers = this.#table.takeFollowers(sequence);
      this.#table.finish(sequence, null, clock.nowUs());
      this.#fail(entry, because('batch'));
      for (const follower of followers)
        this.#fail(follower, because('the request before it in the sequence was in batch'));
    }
    this.#finished(load);
  }

  #finished({ batch, bench }: Load): void {
    bench.running = false;
    this.#running -= batch.entries.length;
    this.#announceIfEmpty();
    // Its sequences can go on; instances may have been idle before they could.
    this.#pumpSoon();
  }

  #cancel(entry: SequenceRequest): void {
    const [own, ...followers] = this.#table.cut(entry, this.#options.clock.nowUs());
    if (own) this.#fail(own, cancelError(own.request));
    for (const follower of followers)
      this.#fail(
        follower,
        new EngineError(
          'CANCELLED',
          'a request before it in the sequence was cancelled: the sequence is over',
        ),
      );
    this.#pumpSoon();
    this.#announceIfEmpty();
  }

  #fail(entry: SequenceRequest, error: EngineError): void {
    if (entry.request.signal) entry.request.signal.onCancel = null;
    const { clock, observer } = this.#options;
    observer.requestFailed(error, clock.nowUs() - entry.enqueuedUs);
    this.#release(entry, () => entry.reject(error));
  }

  #release({ ticket }: SequenceRequest, answer: () => void): void {
    if (ticket && this.#order) this.#order.use(ticket, answer);
    else answer();
  }

  #isEmpty(): boolean {
    return this.#running === 0 && this.#table.waiting === 0;
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
