import { EngineError, toEngineError } from '../../base';
import type { DepartureReason } from '../../contract';
import type { InferenceRequest, InferenceResult } from '../../inference';
import type { Batch } from '../batch';
import { BatchExecutor } from '../batch-executor';
import type { BatchPolicy } from '../batch-policy';
import { type DeviceGate, OPEN_GATE } from '../device-gate';
import type { DynamicBatcherOptions } from '../dynamic-batcher';
import { cancelError, PlanLoop } from '../plan-loop';
import type { Answer } from '../response-order';
import type { Scheduler } from '../scheduler';
import { bySlot } from './batch-rows';
import { planDirect, planOldest, type SequencePlan } from './plan-sequences';
import { ReleaseOrder } from './release-order';
import type { Bench, Sequence, SequenceRequest } from './sequence';
import type { SequenceSetup } from './sequence-config';
import { readSequenceFlags } from './sequence-id';
import { SequenceLoad } from './sequence-load';
import { type Seating, SequenceTable } from './sequence-table';

export interface SequenceBatcherOptions extends DynamicBatcherOptions {
  readonly setup: SequenceSetup;
  /** Instances that are wanted: each has a batch's worth of slots, or candidates. */
  readonly instances: () => number;
}

/**
 * The shell around `planDirect` and `planOldest`: holds the sequences, asks for a plan whenever something changed, and obeys
 * it. A sequence has at most one request in a batch and one batch at a time, so that its requests run in
 * their order and each on the state that the one before left.
 */
export class SequenceBatcher implements Scheduler {
  readonly #options: SequenceBatcherOptions;
  readonly #table: SequenceTable;
  readonly #order: ReleaseOrder | null;
  readonly #gate: DeviceGate;
  readonly #executor: BatchExecutor<SequenceLoad>;
  readonly #loop: PlanLoop;
  #seating: Seating;
  #policy: BatchPolicy;

  constructor(options: SequenceBatcherOptions) {
    const { setup, model, policy, gate = OPEN_GATE } = options;
    this.#options = options;
    this.#policy = policy;
    this.#gate = gate;
    const { strategy, maxIdleUs, initialStates } = setup;
    const order = strategy.kind === 'oldest' && strategy.preserveOrdering ? new ReleaseOrder() : null;
    this.#order = order;
    const onReady = ({ waiting: [next] }: Sequence): void => {
      if (next && order) next.ticket ??= order.take();
    };
    this.#seating = this.#wantedSeating();
    this.#table = new SequenceTable({ model, maxIdleUs, initialStates, onReady }, this.#seating);
    this.#executor = new BatchExecutor({
      ...options,
      onReturned: () => this.#gate.leave(),
      onEnded: (batch, load, error) => this.#ended(batch, load, error),
    });
    this.#loop = new PlanLoop({
      ...options,
      pump: () => this.pump(),
      isEmpty: () => this.#executor.inFlight === 0 && this.#table.waiting === 0,
    });
  }

  get queueLength(): number {
    return this.#table.waiting;
  }

  /** Requests that are in a running batch. */
  get inFlight(): number {
    return this.#executor.inFlight;
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
    this.#policy = policy;
    this.#reseat();
    this.#loop.pumpSoon();
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
      const { clock } = this.#options;
      let entry: SequenceRequest;
      try {
        if (this.#loop.closed) throw this.#loop.closed;
        entry = this.#entryOf(request, rows, laneKey, { resolve, reject });
        if (request.signal?.cancelled) throw cancelError(request);
        this.#table.expire(clock.nowUs());
        this.#table.accept(entry, this.#policy.maxQueueSize);
      } catch (error) {
        const refused = { request, enqueuedUs: clock.nowUs(), withdraw: reject };
        this.#loop.refuse(refused, toEngineError(error));
        return;
      }
      if (request.signal) request.signal.onCancel = () => this.#cancel(entry);
      this.#loop.pumpSoon();
    });
  }

  /** Nothing is predicted of sequences. */
  refusal(): null {
    return null;
  }

  /** To be called when an instance became idle or the pool changed: seats follow the number of instances. */
  instancesChanged(): void {
    this.#reseat();
    this.pump();
  }

  /** Refuses new requests with `error`, runs what waits, and resolves when the last answer is out. */
  drain(error: EngineError): Promise<void> {
    this.#table.close();
    return this.#loop.drain(error);
  }

  /** Refuses new requests and fails those that wait, all with `error`. Running batches still answer. */
  abort(error: EngineError): void {
    this.#loop.abort(error, this.#table.takeAll());
    this.#gate.withdraw();
  }

  /** Asks for plans and obeys them until there is nothing to do now. */
  pump(): void {
    const { clock, runner } = this.#options;
    const nowUs = clock.nowUs();
    this.#table.expire(nowUs);
    let untilUs = this.#table.expiresUs ?? Number.POSITIVE_INFINITY;
    if (runner.capacity.idle === 0) this.#gate.withdraw();
    while (runner.capacity.idle > 0) {
      const { plan, bench } = this.#plan(nowUs);
      if (plan.kind === 'wait') untilUs = Math.min(untilUs, plan.untilUs);
      if (plan.kind !== 'dispatch' || bench === null) {
        this.#gate.withdraw();
        break;
      }
      // Not our turn: the gate calls when it is.
      if (!this.#gate.tryEnter({ rows: plan.chosen.length, predictedUs: null, deadlineUs: Infinity })) break;
      this.#dispatch(bench, plan.chosen, plan.reason);
    }
    this.#loop.wakeAt(untilUs);
  }

  #entryOf(
    request: InferenceRequest,
    rows: number,
    laneKey: string,
    { resolve, reject }: Answer,
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
    const refuse = (error: EngineError): void => this.#release(entry, () => reject(error));
    const entry: SequenceRequest = {
      ...{ request, rows, flags, laneKey, enqueuedUs: clock.nowUs(), ticket: null },
      resolve: (result) => this.#release(entry, () => resolve(result)),
      reject: refuse,
      withdraw: refuse,
    };
    return entry;
  }

  #reseat(): void {
    const wanted = this.#wantedSeating();
    const { benches, slots } = this.#seating;
    if (wanted.benches === benches && wanted.slots === slots) return;
    this.#seating = wanted;
    this.#table.reseat(wanted);
  }

  #wantedSeating(): Seating {
    const { strategy, stacks } = this.#options.setup;
    const instances = Math.max(1, this.#options.instances());
    if (strategy.kind === 'oldest') return { benches: 1, slots: instances * strategy.maxCandidateSequences };
    return { benches: instances, slots: stacks ? this.#policy.maxBatchSize : 1 };
  }

  /** The next batch over all benches, and when to ask again if there is none. */
  #plan(nowUs: number): { readonly plan: SequencePlan<Sequence>; readonly bench: Bench | null } {
    const { strategy: stated, stacks } = this.#options.setup;
    // While draining nobody else will come: waiting for company would only delay the end.
    const strategy = this.#loop.closed ? { ...stated, maxQueueDelayUs: 0 } : stated;
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

  #dispatch(bench: Bench, chosen: readonly Sequence[], reason: DepartureReason): void {
    const { setup } = this.#options;
    const isDirect = setup.strategy.kind === 'direct';
    const load = new SequenceLoad(bench, isDirect ? bySlot(chosen) : chosen, setup);
    const entries = load.sequences.map((sequence) => this.#table.take(sequence));
    if (isDirect) bench.running = true;
    this.#executor.execute(entries, reason, load);
  }

  /**
   * A failed batch changes no state: each sequence goes on from its last good request. What already waited behind the failed one
   * was sent in the belief that it would run, so it fails too.
   */
  #ended(batch: Batch, load: SequenceLoad, error: EngineError | null): void {
    const nowUs = this.#options.clock.nowUs();
    load.rows.forEach((sequence, i) => {
      if (!sequence) return;
      const followers = error ? this.#table.takeFollowers(sequence) : [];
      this.#table.finish(sequence, error ? null : (load.states[i] ?? []), nowUs);
      for (const follower of followers) if (error) this.#loop.fail(follower, followsLost(error, batch));
    });
    load.bench.running = false;
    this.#loop.announceIfEmpty();
    // Its sequences can go on; instances may have been idle before they could.
    this.#loop.pumpSoon();
  }

  #cancel(entry: SequenceRequest): void {
    const [own, ...followers] = this.#table.cut(entry, this.#options.clock.nowUs());
    if (own) this.#loop.fail(own, cancelError(own.request));
    const why = 'a request before it in the sequence was cancelled: the sequence is over';
    for (const follower of followers) this.#loop.fail(follower, new EngineError('CANCELLED', why));
    this.#loop.pumpSoon();
    this.#loop.announceIfEmpty();
  }

  #release({ ticket }: SequenceRequest, answer: () => void): void {
    if (ticket && this.#order) this.#order.use(ticket, answer);
    else answer();
  }
}

function followsLost(error: EngineError, { id, rows }: Batch): EngineError {
  return new EngineError(
    error.code,
    `${error.message} (the request before it in the sequence was in batch ${id}, ${rows} rows)`,
    { cause: error, retryAfterSeconds: error.retryAfterSeconds },
  );
}
