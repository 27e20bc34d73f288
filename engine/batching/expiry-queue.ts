import { Chain, Links, NONE } from './chain';
import { type Expiring, ExpiryHeap } from './expiry-heap';
import type { SlotTable, Slotted } from './slot-table';

/** A request with an end to its wait. */
export interface TimedEntry extends Slotted {
  readonly enqueuedUs: number;
  /** Its wait ends this long after, microseconds. */
  readonly timeoutUs: number;
  /** Number of its arrival. */
  readonly order: number;
}

/** Those that may wait equally long, which end in the order in which they came; what the heap knows of them is that of the first. */
class SameTimeout implements Expiring {
  readonly chain: Chain;
  expiresUs = 0;
  order = 0;
  heapIndex = -1;

  constructor(links: Links) {
    this.chain = new Chain(links);
  }
}

/**
 * Which of the waiting requests ends first. A chain for each length of timeout, and a heap of these by their first. Timeouts come
 * from the settings and from what clients are written to ask for, so there are few, and a step costs the same however many wait.
 * Should each request have one of its own, the heap is one of all requests, and a step O(log n).
 */
export class ExpiryQueue<Entry extends TimedEntry> {
  readonly #slots: SlotTable<Entry>;
  readonly #links = new Links();
  readonly #byTimeout = new Map<number, SameTimeout>();
  readonly #heap = new ExpiryHeap<SameTimeout>();

  constructor(slots: SlotTable<Entry>) {
    this.#slots = slots;
  }

  /** When the first of all ends; infinity when none does. */
  get nextUs(): number {
    return this.#heap.soonest?.expiresUs ?? Number.POSITIVE_INFINITY;
  }

  get soonest(): Entry | null {
    return this.#slots.at(this.#heap.soonest?.chain.first ?? NONE);
  }

  add(entry: Entry): void {
    let peers = this.#byTimeout.get(entry.timeoutUs);
    if (!peers) {
      peers = new SameTimeout(this.#links);
      this.#byTimeout.set(entry.timeoutUs, peers);
    }
    peers.chain.append(entry.slot);
    if (peers.chain.first === entry.slot) this.#rank(peers, entry);
  }

  /** Of an entry that was added, before it leaves its slot. */
  remove(entry: Entry): void {
    const peers = this.#byTimeout.get(entry.timeoutUs);
    if (!peers) return;
    const wasFirst = peers.chain.first === entry.slot;
    peers.chain.remove(entry.slot);
    if (!wasFirst) return;
    this.#heap.remove(peers);
    const next = this.#slots.at(peers.chain.first);
    if (next) this.#rank(peers, next);
    else this.#byTimeout.delete(entry.timeoutUs);
  }

  #rank(peers: SameTimeout, { enqueuedUs, timeoutUs, order }: Entry): void {
    peers.expiresUs = enqueuedUs + timeoutUs;
    peers.order = order;
    this.#heap.add(peers);
  }
}
