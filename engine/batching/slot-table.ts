/** What has a number of its own while it is in a table. Only the table writes it. */
export interface Slotted {
  /** -1 outside. */
  slot: number;
}

/** Numbers entries from 0, giving out again what became free: the largest number is bounded by the most that were in at once. */
export class SlotTable<Entry extends Slotted> {
  readonly #entries: (Entry | null)[] = [];
  readonly #free: number[] = [];

  add(entry: Entry): void {
    entry.slot = this.#free.pop() ?? this.#entries.length;
    this.#entries[entry.slot] = entry;
  }

  /** Null for a number that nobody has. */
  at(slot: number): Entry | null {
    return slot < 0 ? null : (this.#entries[slot] ?? null);
  }

  remove(entry: Entry): void {
    this.#entries[entry.slot] = null;
    this.#free.push(entry.slot);
    entry.slot = -1;
  }
}
