import { EngineError } from '../base';
import type { InferenceRequest, InferenceResult } from '../inference';
import { type BatchPolicy, earlyDepartureRows } from './batch-policy';
import type { LaneView, QueueView } from './plan-batch';

/**
 * One waiting request: a node of two linked lists at once, its lane's and the arrival order's, so that adding, taking and
 * cancelling are constant time however many wait.
 */
export interface QueuedRequest {
  readonly request: InferenceRequest;
  readonly rows: number;
  readonly enqueuedUs: number;
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (error: EngineError) => void;
  lane: Lane | null;
  laneNext: QueuedRequest | null;
  lanePrevious: QueuedRequest | null;
  arrivalNext: QueuedRequest | null;
  arrivalPrevious: QueuedRequest | null;
}

/** Requests that may be stacked with each other: those whose inner shapes are the same. */
export class Lane implements LaneView {
  rows = 0;
  head: QueuedRequest | null = null;
  tail: QueuedRequest | null = null;

  constructor(readonly key: string) {}

  get oldestEnqueuedUs(): number {
    return this.head?.enqueuedUs ?? Number.POSITIVE_INFINITY;
  }

  *rowsInOrder(): Generator<number> {
    for (let entry = this.head; entry; entry = entry.laneNext) yield entry.rows;
  }
}

/**
 * The bounded queue of one model version.
 *
 * Ownership: after `push` the queue holds the request; `take` hands it to the batch; `remove` (cancelled) hands it back to
 * the caller, who rejects it. A request is in exactly one of those hands.
 */
export class RequestQueue implements QueueView<Lane> {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with rows for an early departure, in the order in which they became so. */
  readonly #ready = new Set<Lane>();
  #first: QueuedRequest | null = null;
  #last: QueuedRequest | null = null;
  #length = 0;
  #rows = 0;
  #policy: BatchPolicy;

  constructor(policy: BatchPolicy) {
    this.#policy = policy;
  }

  get length(): number {
    return this.#length;
  }

  /** Rows of all that wait. */
  get rows(): number {
    return this.#rows;
  }

  get oldest(): Lane | null {
    return this.#first?.lane ?? null;
  }

  get ready(): Lane | null {
    for (const lane of this.#ready) return lane;
    return null;
  }

  set policy(policy: BatchPolicy) {
    this.#policy = policy;
    this.#ready.clear();
    for (const lane of this.#lanes.values()) this.#markReady(lane);
  }

  /** Adds a request at the end. Throws QUEUE_FULL when `maxQueueSize` requests wait already. */
  push(entry: QueuedRequest, laneKey: string): void {
    if (this.#length >= this.#policy.maxQueueSize) {
      throw new EngineError(
        'QUEUE_FULL',
        `the queue of model "${entry.request.model}" is full: ${this.#length} requests wait, max_queue_size is ${this.#policy.maxQueueSize}`,
        { retryAfterSeconds: 1 },
      );
    }
    const lane = this.#laneFor(laneKey);
    entry.lane = lane;
    entry.lanePrevious = lane.tail;
    if (lane.tail) lane.tail.laneNext = entry;
    else lane.head = entry;
    lane.tail = entry;
    lane.rows += entry.rows;
    entry.arrivalPrevious = this.#last;
    if (this.#last) this.#last.arrivalNext = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#length++;
    this.#rows += entry.rows;
    this.#markReady(lane);
  }

  /** Takes the `count` oldest requests of a lane. */
  take(lane: Lane, count: number): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    while (taken.length < count && lane.head) {
      taken.push(lane.head);
      this.remove(lane.head);
    }
    return taken;
  }

  /** Takes everything, oldest first: for a stop that does not drain. */
  takeAll(): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    while (this.#first) {
      taken.push(this.#first);
      this.remove(this.#first);
    }
    return taken;
  }

  /** Takes a request out wherever it stands. False when it is no longer here (already in a batch). */
  remove(entry: QueuedRequest): boolean {
    const lane = entry.lane;
    if (!lane) return false;
    if (entry.lanePrevious) entry.lanePrevious.laneNext = entry.laneNext;
    else lane.head = entry.laneNext;
    if (entry.laneNext) entry.laneNext.lanePrevious = entry.lanePrevious;
    else lane.tail = entry.lanePrevious;
    if (entry.arrivalPrevious) entry.arrivalPrevious.arrivalNext = entry.arrivalNext;
    else this.#first = entry.arrivalNext;
    if (entry.arrivalNext) entry.arrivalNext.arrivalPrevious = entry.arrivalPrevious;
    else this.#last = entry.arrivalPrevious;
    entry.lane = entry.laneNext = entry.lanePrevious = entry.arrivalNext = entry.arrivalPrevious = null;
    lane.rows -= entry.rows;
    this.#length--;
    this.#rows -= entry.rows;
    if (lane.rows < earlyDepartureRows(this.#policy)) this.#ready.delete(lane);
    // Shapes come and go: an empty lane must not stay, or a client that sends ever new shapes grows the map without end.
    if (!lane.head) this.#lanes.delete(lane.key);
    return true;
  }

  #laneFor(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane = new Lane(key);
    this.#lanes.set(key, lane);
    return lane;
  }

  #markReady(lane: Lane): void {
    if (lane.rows >= earlyDepartureRows(this.#policy)) this.#ready.add(lane);
  }
}
