import { Chain, type Links, NONE } from './chain';
import type { Slotted } from './slot-table';

export interface Ranked extends Slotted {
  /** Place in the order of turns, the smaller the sooner. Does not change while it is in a chain. */
  readonly rank: number;
}

interface Rank {
  readonly rank: number;
  readonly chain: Chain;
}

/**
 * Slots in the order in which they have their turn: by rank, and within a rank as they came. Only ranks that somebody stands in
 * are kept, in order; finding one takes a binary search over them. There are two for each priority level, so a step costs what
 * the configuration asks for, never what waits.
 */
export class RankedChain {
  readonly #ranks: Rank[] = [];

  constructor(readonly links: Links) {}

  /** NONE when it is empty. */
  get first(): number {
    return this.#firstOf(0);
  }

  /** The first of each rank, in order. */
  get firsts(): readonly number[] {
    return this.#ranks.map(({ chain }) => chain.first);
  }

  /** Whose turn is next after one that stands here; NONE after the last. */
  after({ slot, rank }: Ranked): number {
    const next = this.links.next[slot] as number;
    return next === NONE ? this.#firstOf(this.#indexOf(rank) + 1) : next;
  }

  append({ slot, rank }: Ranked): void {
    const at = this.#indexOf(rank);
    let found = this.#ranks[at];
    if (found?.rank !== rank) {
      found = { rank, chain: new Chain(this.links) };
      this.#ranks.splice(at, 0, found);
    }
    found.chain.append(slot);
  }

  remove({ slot, rank }: Ranked): void {
    const at = this.#indexOf(rank);
    const chain = this.#ranks[at]?.chain;
    chain?.remove(slot);
    if (chain?.first === NONE) this.#ranks.splice(at, 1);
  }

  #firstOf(at: number): number {
    return this.#ranks[at]?.chain.first ?? NONE;
  }

  /** Of the rank, or where it belongs. */
  #indexOf(rank: number): number {
    let low = 0;
    let high = this.#ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranks[middle] as Rank).rank < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
