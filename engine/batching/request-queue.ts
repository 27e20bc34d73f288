import { EngineError } from '../base';
import type { BatchEntry } from './batch';
import { type BatchPolicy, earlyDepartureRows } from './batch-policy';
import { type Expiring, ExpiryHeap } from './expiry-heap';
import type { LaneView, QueueView } from './plan-batch';
import { type QueueTerms, queueLimitOf } from './queue-policy';
import { Chain, type Linked, RankedChain } from './ranked-chain';

/**
 * One waiting request: a node of three linked lists at once (its lane's, the order of turns and the order of arrival) and of the
 * heap of those that expire, so that adding, taking and cancelling cost the same however many wait.
 */
export interface QueuedRequest extends BatchEntry, Expiring, Linked<QueuedRequest> {
  readonly level: number;
  /** Place in the order of turns: two ranks for each level, those that were delayed in the second. */
  rank: number;
  /** Number of its arrival in this queue. */
  order: number;
  /** Infinity without a timeout, and once delayed. */
  expiresUs: number;
  /** What becomes of it at its expiry: behind the others, or refused. */
  readonly delays: boolean;
  /** Answers it with an error without having run: now, whatever the others wait for. */
  withdraw: (error: EngineError) => void;
  lane: Lane | null;
}

/** A request that stands in no queue yet. */
export function queuedRequest(entry: BatchEntry, terms: QueueTerms): QueuedRequest {
  // Every field by its name: objects made by spreading are slow ones, which cost 50 times as much here.
  return {
    request: entry.request,
    rows: entry.rows,
    enqueuedUs: entry.enqueuedUs,
    resolve: entry.resolve,
    reject: entry.reject,
    level: terms.level,
    expiresUs: terms.expiresUs,
    delays: terms.delays,
    rank: 2 * terms.level,
    order: 0,
    withdraw: entry.reject,
    heapIndex: -1,
    lane: null,
    laneNext: null,
    lanePrevious: null,
    turnNext: null,
    turnPrevious: null,
    arrivalNext: null,
    arrivalPrevious: null,
  };
}

/** Requests that may be stacked with each other: those whose inner shapes are the same. */
export class Lane implements LaneView {
  rows = 0;
  readonly requests = new RankedChain<QueuedRequest>({ next: 'laneNext', previous: 'lanePrevious' });

  constructor(readonly key: string) {}

  get rank(): number {
    return this.requests.first?.rank ?? Number.POSITIVE_INFINITY;
  }

  get oldestEnqueuedUs(): number {
    return this.requests.firsts.reduce(
      (oldest, { enqueuedUs }) => Math.min(oldest, enqueuedUs),
      Number.POSITIVE_INFINITY,
    );
  }

  inOrder(): Iterable<QueuedRequest> {
    return this.requests;
  }
}

/**
 * The bounded queue of one model version.
 *
 * Ownership: after `push` the queue holds the request; `take` hands it to the batch; `remove` (cancelled) and `expire` hand it
 * back to the caller, who rejects it. A request is in exactly one of those hands.
 */
export class RequestQueue implements QueueView<Lane> {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with rows for an early departure, in the order in which they became so. */
  readonly #ready = new Set<Lane>();
  readonly #turns = new RankedChain<QueuedRequest>({ next: 'turnNext', previous: 'turnPrevious' });
  readonly #arrivals = new Chain<QueuedRequest>({ next: 'arrivalNext', previous: 'arrivalPrevious' });
  readonly #expiring = new ExpiryHeap<QueuedRequest>();
  readonly #lengthOfLevel = new Map<number, number>();
  #arrived = 0;
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

  get front(): Lane | null {
    return this.#turns.first?.lane ?? null;
  }

  get oldest(): Lane | null {
    return this.#arrivals.first?.lane ?? null;
  }

  get soonest(): Lane | null {
    return this.#expiring.soonest?.lane ?? null;
  }

  get ready(): Lane | null {
    for (const lane of this.#ready) return lane;
    return null;
  }

  /** When the next request will have waited too long; infinity when none can. */
  get nextExpiryUs(): number {
    return this.#expiring.soonest?.expiresUs ?? Number.POSITIVE_INFINITY;
  }

  set policy(policy: BatchPolicy) {
    this.#policy = policy;
    this.#ready.clear();
    for (const lane of this.#lanes.values()) this.#markReady(lane);
  }

  /** Adds a request at the end of its level. Throws QUEUE_FULL when as many wait there as may. */
  push(entry: QueuedRequest, laneKey: string): void {
    const { level } = entry;
    const waiting = this.#lengthOfLevel.get(level) ?? 0;
    const limit = queueLimitOf(level, this.#policy.maxQueueSize, this.#policy.scheduling);
    if (waiting >= limit) {
      const where = level === 0 ? '' : ` at priority level ${level}`;
      throw new EngineError(
        'QUEUE_FULL',
        `the queue of model "${entry.request.model}" is full: ${waiting} requests wait${where}, max_queue_size is ${limit}`,
        { retryAfterSeconds: 1 },
      );
    }
    const lane = this.#laneFor(laneKey);
    entry.lane = lane;
    entry.order = this.#arrived++;
    lane.requests.append(entry);
    lane.rows += entry.rows;
    this.#turns.append(entry);
    this.#arrivals.append(entry);
    if (Number.isFinite(entry.expiresUs)) this.#expiring.add(entry);
    this.#lengthOfLevel.set(level, waiting + 1);
    this.#length++;
    this.#rows += entry.rows;
    this.#markReady(lane);
  }

  /** Takes the first `count` requests of a lane. */
  take(lane: Lane, count: number): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    for (let entry = lane.requests.first; entry && taken.length < count; entry = lane.requests.first) {
      taken.push(entry);
      this.remove(entry);
    }
    return taken;
  }

  /** Takes everything, oldest first: for a stop that does not drain. */
  takeAll(): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    for (let entry = this.#arrivals.first; entry; entry = this.#arrivals.first) {
      taken.push(entry);
      this.remove(entry);
    }
    return taken;
  }

  /**
   * Settles what has waited longer than it may: delayed requests go behind all others of their level and may then stay for ever, the
   * others are taken out.
   *
   * @returns those, to be refused
   */
  expire(nowUs: number): readonly QueuedRequest[] {
    const refused: QueuedRequest[] = [];
    for (let entry = this.#expiring.soonest; entry; entry = this.#expiring.soonest) {
      if (nowUs <= entry.expiresUs) break;
      if (entry.delays) {
        this.#delay(entry);
      } else {
        this.remove(entry);
        refused.push(entry);
      }
    }
    return refused;
  }

  /** Takes a request out wherever it stands. False when it is no longer here (already in a batch). */
  remove(entry: QueuedRequest): boolean {
    const { lane, level } = entry;
    if (!lane) return false;
    lane.requests.remove(entry);
    this.#turns.remove(entry);
    this.#arrivals.remove(entry);
    this.#expiring.remove(entry);
    entry.lane = null;
    lane.rows -= entry.rows;
    this.#lengthOfLevel.set(level, (this.#lengthOfLevel.get(level) ?? 1) - 1);
    this.#length--;
    this.#rows -= entry.rows;
    if (lane.rows < earlyDepartureRows(this.#policy)) this.#ready.delete(lane);
    // Shapes come and go: an empty lane must not stay, or a client that sends ever new shapes grows the map without end.
    if (!lane.requests.first) this.#lanes.delete(lane.key);
    return true;
  }

  #delay(entry: QueuedRequest): void {
    this.#expiring.remove(entry);
    entry.lane?.requests.remove(entry);
    this.#turns.remove(entry);
    entry.rank = 2 * entry.level + 1;
    entry.expiresUs = Number.POSITIVE_INFINITY;
    entry.lane?.requests.append(entry);
    this.#turns.append(entry);
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
