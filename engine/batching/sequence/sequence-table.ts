import { EngineError, invalid } from '../../base';
import type { NamedTensor } from '../../tensor';
import { type Bench, Sequence, type SequenceRequest } from './sequence';
import { type SequenceId, shownId } from './sequence-id';

/** How many sequences have a seat at the same time. */
export interface Seating {
  readonly benches: number;
  readonly slots: number;
}

export interface SequenceTableOptions {
  readonly model: string;
  readonly maxIdleUs: number;
  readonly initialStates: readonly NamedTensor[];
  /** Told when a sequence has become ready, with a seat and a request to run. */
  readonly onReady?: (sequence: Sequence) => void;
}

/**
 * The sequences of one model version. Each has a seat or stands in the backlog; a seat becomes free when its sequence ends or is
 * idle for too long, and then goes to the first of the backlog.
 *
 * Bounded: seats by `Seating`; in the backlog every sequence has a waiting request, and those are bounded by `maxQueueSize`.
 */
export class SequenceTable {
  readonly #options: SequenceTableOptions;
  readonly #byId = new Map<SequenceId, Sequence>();
  /** Have requests and no seat, in order. */
  readonly #backlog = new Set<Sequence>();
  /** Have nothing to do, longest first. */
  readonly #idle = new Set<Sequence>();
  /** Could run, longest first. */
  readonly #ready = new Set<Sequence>();
  #benches: Bench[] = [];
  #waiting = 0;
  #isClosing = false;

  constructor(options: SequenceTableOptions, seating: Seating) {
    this.#options = options;
    this.#benches = benchesOf(seating);
  }

  /** Sequences that are known. */
  get size(): number {
    return this.#byId.size;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  get benches(): readonly Bench[] {
    return this.#benches;
  }

  get ready(): ReadonlySet<Sequence> {
    return this.#ready;
  }

  /** When the next sequence will have been idle for too long; null when none is idle. */
  get expiresUs(): number | null {
    for (const { idleSinceUs } of this.#idle) return idleSinceUs + this.#options.maxIdleUs;
    return null;
  }

  /** Errors: INVALID_ARGUMENT for a sequence that is not running and no start; QUEUE_FULL. */
  accept(request: SequenceRequest, maxQueueSize: number): void {
    const { id, start, end } = request.flags;
    const known = this.#byId.get(id);
    const { model } = this.#options;
    if (!start && !known?.isOpen)
      throw invalid(
        `inference request for sequence ${shownId(id)} to model '${model}' must specify the START flag on the first request of the sequence (parameter "sequence_start"); a sequence ends with "sequence_end", and when it is idle for ${this.#options.maxIdleUs / 1000} ms`,
      );
    if (this.#waiting >= maxQueueSize)
      throw new EngineError(
        'QUEUE_FULL',
        `the queue of model "${model}" is full: ${this.#waiting} requests wait, max_queue_size is ${maxQueueSize}`,
        { retryAfterSeconds: 1 },
      );
    const sequence = known ?? this.#add(id);
    sequence.waiting.push(request);
    sequence.isOpen = !end;
    this.#waiting++;
    this.#idle.delete(sequence);
    this.#place(sequence);
  }

  /** Takes the next request of a ready sequence: it then runs, until `finish`. */
  take(sequence: Sequence): SequenceRequest {
    const request = sequence.waiting.shift();
    if (request === undefined || sequence.running) throw new RangeError('the sequence is not ready');
    this.#waiting--;
    this.#ready.delete(sequence);
    sequence.running = request;
    return request;
  }

  /** Its request came back: @param states what the model keeps now; null when it failed and what was kept holds. */
  finish(sequence: Sequence, states: readonly NamedTensor[] | null, nowUs: number): void {
    const ended = sequence.running?.flags.end === true;
    sequence.running = null;
    if (states !== null) sequence.states = states;
    // A failed end may be asked again.
    else if (ended && sequence.waiting.length === 0) sequence.isOpen = true;
    // Its next life waits behind those that have no seat.
    if (ended && states !== null) this.#leaveSeat(sequence);
    this.#settle(sequence, nowUs);
  }

  /** Takes out the requests that wait behind a failed one, up to a start: without it, they would run on a wrong state. */
  takeFollowers(sequence: Sequence): SequenceRequest[] {
    const next = sequence.waiting.findIndex(({ flags }) => flags.start);
    const followers = sequence.waiting.splice(0, next < 0 ? sequence.waiting.length : next);
    this.#waiting -= followers.length;
    if (followers.length > 0) this.#ready.delete(sequence);
    return followers;
  }

  /**
   * Takes a waiting request out, and those behind it up to a start. The sequence is over, because nobody can tell what its client
   * thinks it has done. Empty when the request does not wait.
   */
  cut(request: SequenceRequest, nowUs: number): SequenceRequest[] {
    const sequence = this.#byId.get(request.flags.id);
    const at = sequence?.waiting.indexOf(request) ?? -1;
    if (!sequence || at < 0) return [];
    const starts = sequence.waiting.findIndex(({ flags }, i) => i > at && flags.start);
    const removed = sequence.waiting.splice(at, starts < 0 ? sequence.waiting.length : starts - at);
    this.#waiting -= removed.length;
    if (starts < 0) sequence.isOpen = false;
    if (at === 0) this.#ready.delete(sequence);
    if (!sequence.running) this.#settle(sequence, nowUs);
    return removed;
  }

  /** Forgets sequences that have been idle for too long. @returns how many */
  expire(nowUs: number): number {
    let count = 0;
    for (const sequence of this.#idle) {
      if (sequence.idleSinceUs + this.#options.maxIdleUs > nowUs) break;
      this.#forget(sequence);
      count++;
    }
    return count;
  }

  /** Other seats: sequences keep what they have; those for which there is no seat any more wait for one. */
  reseat(seating: Seating): void {
    const seated = [...this.#byId.values()].filter(({ seat }) => seat !== null);
    this.#benches = benchesOf(seating);
    this.#ready.clear();
    for (const sequence of seated) sequence.seat = null;
    for (const sequence of seated) {
      if (this.#sit(sequence)) this.#markReady(sequence);
      else if (sequence.waiting.length > 0) this.#backlog.add(sequence);
    }
    this.#fillSeats();
  }

  /** No more requests will come: sequences without one are forgotten, now and when they have answered. */
  close(): void {
    this.#isClosing = true;
    for (const sequence of [...this.#idle]) this.#forget(sequence);
  }

  /** Takes every waiting request: for a stop that does not drain. */
  takeAll(): SequenceRequest[] {
    const taken: SequenceRequest[] = [];
    for (const sequence of this.#byId.values()) taken.push(...sequence.waiting.splice(0));
    this.#waiting = 0;
    this.#ready.clear();
    this.#backlog.clear();
    this.close();
    for (const sequence of [...this.#byId.values()]) if (!sequence.running) this.#forget(sequence);
    return taken;
  }

  #add(id: SequenceId): Sequence {
    const sequence = new Sequence(id, this.#options.initialStates);
    this.#byId.set(id, sequence);
    return sequence;
  }

  /** Where a sequence belongs that runs nothing: ready, in the backlog, idle, or nowhere. */
  #settle(sequence: Sequence, nowUs: number): void {
    if (sequence.waiting.length > 0) this.#place(sequence);
    else if (!sequence.isOpen || this.#isClosing) this.#forget(sequence);
    else {
      sequence.idleSinceUs = nowUs;
      this.#idle.add(sequence);
    }
  }

  #place(sequence: Sequence): void {
    if (sequence.seat !== null) {
      this.#markReady(sequence);
      return;
    }
    this.#backlog.add(sequence);
    this.#fillSeats();
  }

  #fillSeats(): void {
    for (const first of this.#backlog) {
      if (!this.#sit(first)) return;
      this.#backlog.delete(first);
      this.#markReady(first);
    }
  }

  #markReady(sequence: Sequence): void {
    if (!sequence.isReady || this.#ready.has(sequence)) return;
    this.#ready.add(sequence);
    this.#options.onReady?.(sequence);
  }

  /** The lowest free slot; of several benches the first that has it, so that sequences spread over them. */
  #sit(sequence: Sequence): boolean {
    let best: { bench: Bench; slot: number } | null = null;
    for (const bench of this.#benches) {
      const slot = bench.slots.indexOf(null);
      if (slot >= 0 && (best === null || slot < best.slot)) best = { bench, slot };
    }
    if (best === null) return false;
    best.bench.slots[best.slot] = sequence;
    sequence.seat = best;
    return true;
  }

  #leaveSeat(sequence: Sequence): void {
    const { seat } = sequence;
    if (seat === null) return;
    seat.bench.slots[seat.slot] = null;
    sequence.seat = null;
    this.#ready.delete(sequence);
    if (sequence.waiting.length > 0) this.#backlog.add(sequence);
    this.#fillSeats();
  }

  #forget(sequence: Sequence): void {
    this.#byId.delete(sequence.id);
    this.#idle.delete(sequence);
    this.#backlog.delete(sequence);
    this.#ready.delete(sequence);
    this.#leaveSeat(sequence);
  }
}

function benchesOf({ benches, slots }: Seating): Bench[] {
  return Array.from({ length: benches }, () => ({
    slots: Array.from({ length: slots }, () => null),
    running: false,
  }));
}
