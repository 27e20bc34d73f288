/** Where a chain ends. */
export const NONE = -1;

/**
 * For each slot, which comes after it and which before it in the chains of one kind; a slot stands in one chain of a kind at most.
 * Numbers in two arrays and not references in the entries: a long queue then has no web of objects that the garbage collector
 * has to follow and to mend whenever it moves one.
 */
export class Links {
  next = new Int32Array(64);
  previous = new Int32Array(64);

  reach(slot: number): void {
    if (slot < this.next.length) return;
    this.next = grown(this.next, slot);
    this.previous = grown(this.previous, slot);
  }
}

/** A doubly linked list of slots: adding and removing, wherever they stand, is constant time. */
export class Chain {
  first = NONE;
  last = NONE;

  constructor(readonly links: Links) {}

  append(slot: number): void {
    this.links.reach(slot);
    const { next, previous } = this.links;
    next[slot] = NONE;
    previous[slot] = this.last;
    if (this.last === NONE) this.first = slot;
    else next[this.last] = slot;
    this.last = slot;
  }

  remove(slot: number): void {
    const { next, previous } = this.links;
    const after = next[slot] as number;
    const before = previous[slot] as number;
    if (before === NONE) this.first = after;
    else next[before] = after;
    if (after === NONE) this.last = before;
    else previous[after] = before;
  }

  /** The slot behind one of this chain; NONE behind the last. */
  after(slot: number): number {
    return this.links.next[slot] as number;
  }
}

function grown(links: Int32Array, slot: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(Math.max(2 * links.length, slot + 1));
  more.set(links);
  return more;
}
