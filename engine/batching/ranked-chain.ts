/** What stands in chains: up to three at once, each by a pair of links of its own. Only the chains write the links. */
export interface Linked<Self> {
  /** Place in the order of turns, the smaller the sooner. */
  readonly rank: number;
  laneNext: Self | null;
  lanePrevious: Self | null;
  turnNext: Self | null;
  turnPrevious: Self | null;
  arrivalNext: Self | null;
  arrivalPrevious: Self | null;
}

/** Which of its links a chain uses: a request stands in several at once. */
export interface ChainLinks {
  readonly next: 'laneNext' | 'turnNext' | 'arrivalNext';
  readonly previous: 'lanePrevious' | 'turnPrevious' | 'arrivalPrevious';
}

/** A doubly linked list through the entries themselves: adding and removing, wherever they stand, is constant time. */
export class Chain<Entry extends Linked<Entry>> {
  first: Entry | null = null;
  last: Entry | null = null;

  constructor(readonly links: ChainLinks) {}

  append(entry: Entry): void {
    const { next, previous } = this.links;
    const node: Linked<Entry> = entry;
    const last: Linked<Entry> | null = this.last;
    node[previous] = this.last;
    if (last) last[next] = entry;
    else this.first = entry;
    this.last = entry;
  }

  remove(entry: Entry): void {
    const { next, previous } = this.links;
    const node: Linked<Entry> = entry;
    const before: Linked<Entry> | null = node[previous];
    const after: Linked<Entry> | null = node[next];
    if (before) before[next] = node[next];
    else this.first = node[next];
    if (after) after[previous] = node[previous];
    else this.last = node[previous];
    node[next] = node[previous] = null;
  }
}

interface Rank<Entry extends Linked<Entry>> {
  readonly rank: number;
  readonly chain: Chain<Entry>;
}

/**
 * Entries in the order in which they have their turn: by rank, and within a rank as they came. Only ranks that somebody stands in
 * are kept, in order; finding one takes a binary search over them. There are two for each priority level, so a step costs what
 * the configuration asks for, never what waits.
 */
export class RankedChain<Entry extends Linked<Entry>> {
  readonly #ranks: Rank<Entry>[] = [];

  constructor(readonly links: ChainLinks) {}

  get first(): Entry | null {
    return this.#ranks[0]?.chain.first ?? null;
  }

  /** The first of each rank, in order. */
  get firsts(): readonly Entry[] {
    return this.#ranks.flatMap(({ chain }) => chain.first ?? []);
  }

  append(entry: Entry): void {
    const at = this.#indexOf(entry.rank);
    if (this.#ranks[at]?.rank !== entry.rank)
      this.#ranks.splice(at, 0, { rank: entry.rank, chain: new Chain(this.links) });
    this.#ranks[at]?.chain.append(entry);
  }

  remove(entry: Entry): void {
    const at = this.#indexOf(entry.rank);
    const chain = this.#ranks[at]?.chain;
    chain?.remove(entry);
    if (!chain?.first) this.#ranks.splice(at, 1);
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const { chain } of this.#ranks) {
      let entry = chain.first;
      while (entry) {
        yield entry;
        const node: Linked<Entry> = entry;
        entry = node[this.links.next];
      }
    }
  }

  /** Of the rank, or where it belongs. */
  #indexOf(rank: number): number {
    let low = 0;
    let high = this.#ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranks[middle] as Rank<Entry>).rank < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
