import type { Clock, Timer } from '../../base';

class Event implements Timer {
  cancelled = false;
  constructor(
    readonly atUs: number,
    readonly order: number,
    readonly fire: () => void,
  ) {}
  cancel(): void {
    this.cancelled = true;
  }
}

/** Time that jumps from event to event: a binary heap, by time and then by order of asking. A cancelled event is passed over. */
export class VirtualClock implements Clock {
  #nowUs = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  nowUs(): number {
    return this.#nowUs;
  }

  wallMs(): number {
    return this.#nowUs / 1000;
  }

  /** Events to come, cancelled ones that have not been passed over yet among them. */
  get size(): number {
    return this.#heap.length;
  }

  callAt(atUs: number, fire: () => void): Timer {
    const event = new Event(Math.max(atUs, this.#nowUs), this.#order++, fire);
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Event;
      if (!before(event, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = event;
    return event;
  }

  /** Moves to the next event and fires it. @returns false when there is none */
  step(): boolean {
    let event = this.#take();
    while (event?.cancelled) event = this.#take();
    if (!event) return false;
    this.#nowUs = event.atUs;
    event.fire();
    return true;
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!before(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
