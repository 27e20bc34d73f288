/** The place of one answer. */
export interface Ticket {
  release: (() => void) | null;
}

/** Lets answers out in the order in which places were taken, whatever the order in which they come. */
export class ReleaseOrder {
  readonly #held = new Set<Ticket>();

  take(): Ticket {
    const ticket: Ticket = { release: null };
    this.#held.add(ticket);
    return ticket;
  }

  /** Calls `release` as soon as all places before have been used. */
  use(ticket: Ticket, release: () => void): void {
    ticket.release = release;
    for (const first of this.#held) {
      if (first.release === null) return;
      this.#held.delete(first);
      first.release();
    }
  }
}
