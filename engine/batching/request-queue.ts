import { EngineError } from '../base';
import type { BatchEntry } from './batch';
import type { BatchPolicy } from './batch-policy';
import { Chain, Links } from './chain';
import { ExpiryQueue, type TimedEntry } from './expiry-queue';
import { type LaneView, leavesEarly, type QueueView } from './plan-batch';
import { type QueueTerms, queueLimitOf } from './queue-policy';
import { type Ranked, RankedChain } from './ranked-chain';
import { SlotTable } from './slot-table';

/**
 * One waiting request. It stands in three chains at once (its lane's, the order of turns, the order of arrival) and, when its wait
 * has an end, in the queue of those: adding, taking and cancelling cost the same however many wait.
 */
export interface QueuedRequest extends BatchEntry, Ranked, TimedEntry {
  readonly level: number;
  /** Two ranks for each level, those that were delayed in the second. */
  rank: number;
  /** Infinity: its wait has no end, or no more. */
  timeoutUs: number;
  order: number;
  /** What becomes of it at its expiry: behind the others, or refused. */
  readonly delays: boolean;
  /** Answers it with an error without having run: now, whatever the others wait for. */
  withdraw: (error: EngineError) => void;
  lane: Lane | null;
}

/** A request that stands in no queue yet. */
export function queuedRequest(entry: BatchEntry, { level, timeoutUs, delays }: QueueTerms): QueuedRequest {
  // Every field by its name: objects made by spreading are slow ones, which cost 50 times as much here.
  return {
    request: entry.request,
    rows: entry.rows,
    enqueuedUs: entry.enqueuedUs,
    resolve: entry.resolve,
    reject: entry.reject,
    withdraw: entry.reject,
    level,
    rank: 2 * level,
    timeoutUs,
    delays,
    order: 0,
    slot: -1,
    lane: null,
  };
}

/** Requests that may be stacked with each other: those whose inner shapes are the same. */
export class Lane implements LaneView<QueuedRequest> {
  rows = 0;
  readonly turns: RankedChain;
  readonly #slots: SlotTable<QueuedRequest>;

  constructor(
    readonly key: string,
    slots: SlotTable<QueuedRequest>,
    links: Links,
  ) {
    this.#slots = slots;
    this.turns = new RankedChain(links);
  }

  get first(): QueuedRequest | null {
    return this.#slots.at(this.turns.first);
  }

  after(request: QueuedRequest): QueuedRequest | null {
    return this.#slots.at(this.turns.after(request));
  }

  get rank(): number {
    return this.first?.rank ?? Number.POSITIVE_INFINITY;
  }

  get oldestEnqueuedUs(): number {
    let oldestUs = Number.POSITIVE_INFINITY;
    for (const slot of this.turns.firsts)
      oldestUs = Math.min(oldestUs, this.#slots.at(slot)?.enqueuedUs ?? oldestUs);
    return oldestUs;
  }
}

/**
 * The bounded queue of one model version.
 *
 * Ownership: after `push` the queue holds the request; `take` hands it to the batch; `remove` (cancelled) and `expire` hand it
 * back to the caller, who rejects it. A request is in exactly one of those hands.
 */
export class RequestQueue implements QueueView<Lane> {
  readonly #slots = new SlotTable<QueuedRequest>();
  readonly #lanes = new Map<string, Lane>();
  readonly #laneLinks = new Links();
  /** Lanes that leave early, in the order in which they came to. */
  readonly #ready = new Set<Lane>();
  readonly #turns = new RankedChain(new Links());
  readonly #arrivals = new Chain(new Links());
  readonly #expiring = new ExpiryQueue(this.#slots);
  readonly #lengthOfLevel: number[] = [];
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
    return this.#slots.at(this.#turns.first)?.lane ?? null;
  }

  get oldest(): Lane | null {
    return this.#first?.lane ?? null;
  }

  get #first(): QueuedRequest | null {
    return this.#slots.at(this.#arrivals.first);
  }

  get soonest(): Lane | null {
    return this.#expiring.soonest?.lane ?? null;
  }

  get ready(): Lane | null {
    for (const lane of this.#ready) return lane;
    return null;
  }

  get isSplit(): boolean {
    return this.#lanes.size > 1;
  }

  /** When the next request will have waited too long; infinity when none can. */
  get nextExpiryUs(): number {
    return this.#expiring.nextUs;
  }

  set policy(policy: BatchPolicy) {
    this.#policy = policy;
    this.#ready.clear();
    for (const lane of this.#lanes.values()) this.#markReady(lane);
  }

  /** Adds a request at the end of its level. Throws QUEUE_FULL when as many wait there as may. */
  push(entry: QueuedRequest, laneKey: string): void {
    const { level } = entry;
    const waiting = this.#lengthOfLevel[level] ?? 0;
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
    this.#slots.add(entry);
    lane.turns.append(entry);
    lane.rows += entry.rows;
    this.#turns.append(entry);
    this.#arrivals.append(entry.slot);
    if (entry.timeoutUs !== Number.POSITIVE_INFINITY) this.#expiring.add(entry);
    this.#lengthOfLevel[level] = waiting + 1;
    this.#length++;
    this.#rows += entry.rows;
    this.#markReady(lane);
  }

  /** Takes the first `count` requests of a lane. */
  take(lane: Lane, count: number): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    for (let entry = lane.first; entry && taken.length < count; entry = lane.first) {
      taken.push(entry);
      this.#remove(entry, lane);
    }
    this.#markReady(lane);
    return taken;
  }

  /** Takes everything, oldest first: for a stop that does not drain. */
  takeAll(): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    for (let entry = this.#first; entry; entry = this.#first) {
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
    while (nowUs > this.#expiring.nextUs) {
      const entry = this.#expiring.soonest as QueuedRequest;
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
    const { lane } = entry;
    if (!lane) return false;
    this.#remove(entry, lane);
    this.#markReady(lane);
    return true;
  }

  #remove(entry: QueuedRequest, lane: Lane): void {
    const { level } = entry;
    lane.turns.remove(entry);
    this.#turns.remove(entry);
    this.#arrivals.remove(entry.slot);
    if (entry.timeoutUs !== Number.POSITIVE_INFINITY) this.#expiring.remove(entry);
    this.#slots.remove(entry);
    entry.lane = null;
    lane.rows -= entry.rows;
    this.#lengthOfLevel[level] = (this.#lengthOfLevel[level] ?? 1) - 1;
    this.#length--;
    this.#rows -= entry.rows;
    // Shapes come and go: an empty lane must not stay, or a client that sends ever new shapes grows the map without end.
    if (!lane.first) this.#lanes.delete(lane.key);
  }

  #delay(entry: QueuedRequest): void {
    const { lane } = entry;
    this.#expiring.remove(entry);
    lane?.turns.remove(entry);
    this.#turns.remove(entry);
    entry.rank = 2 * entry.level + 1;
    entry.timeoutUs = Number.POSITIVE_INFINITY;
    lane?.turns.append(entry);
    this.#turns.append(entry);
    if (lane) this.#markReady(lane);
  }

  #laneFor(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane = new Lane(key, this.#slots, this.#laneLinks);
    this.#lanes.set(key, lane);
    return lane;
  }

  #markReady(lane: Lane): void {
    if (leavesEarly(lane, this.#policy)) this.#ready.add(lane);
    else this.#ready.delete(lane);
  }
}
