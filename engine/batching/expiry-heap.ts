/** What the heap orders, and where it stands in it. */
export interface Expiring {
  /** Finite while it is in the heap, and not changed there. */
  readonly expiresUs: number;
  /** Decides between equal ends: the smaller goes first. */
  readonly order: number;
  /** Place in the heap; -1 outside. Only the heap writes it. */
  heapIndex: number;
}

/**
 * A binary heap of what has an end, the soonest first. Each item knows its place, so that one which leaves for another reason
 * (taken, cancelled) is removed in O(log n) like the first.
 */
export class ExpiryHeap<Item extends Expiring> {
  readonly #items: Item[] = [];

  get soonest(): Item | null {
    return this.#items[0] ?? null;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Does nothing for an item that is not in it. */
  remove(item: Item): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop() as Item;
    if (last === item) return;
    this.#rise(last, index);
    this.#sink(last, last.heapIndex);
  }

  #rise(item: Item, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = this.#items[(index - 1) >> 1] as Item;
      if (!isBefore(item, parent)) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(item, index);
  }

  #sink(item: Item, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#smallerChild(index);
      if (!child || !isBefore(child, item)) break;
      const at = child.heapIndex;
      this.#put(child, index);
      index = at;
    }
    this.#put(item, index);
  }

  #smallerChild(index: number): Item | undefined {
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    return left && right && isBefore(right, left) ? right : left;
  }

  #put(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}

function isBefore(a: Expiring, b: Expiring): boolean {
  return a.expiresUs < b.expiresUs || (a.expiresUs === b.expiresUs && a.order < b.order);
}
