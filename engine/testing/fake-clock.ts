import type { Clock, Timer } from '../base';

interface Due {
  readonly atUs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that stands still until a test moves it. Calls that are due fire in order of time, then of asking. */
export class FakeClock implements Clock {
  #nowUs = 0;
  #order = 0;
  readonly #due = new Set<Due>();

  nowUs(): number {
    return this.#nowUs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowUs / 1000;
  }

  callAt(atUs: number, fire: () => void): Timer {
    const due = { atUs: Math.max(atUs, this.#nowUs), order: this.#order++, fire };
    this.#due.add(due);
    return { cancel: () => this.#due.delete(due) };
  }

  /** Moves time on, firing what falls due on the way, with promise callbacks run in between. */
  async advance(byUs: number): Promise<void> {
    const endUs = this.#nowUs + byUs;
    for (;;) {
      await flushPromises();
      const next = this.#next();
      if (!next || next.atUs > endUs) break;
      this.#nowUs = next.atUs;
      this.#due.delete(next);
      next.fire();
    }
    this.#nowUs = endUs;
  }

  get pending(): number {
    return this.#due.size;
  }

  #next(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) {
      if (!first || due.atUs < first.atUs || (due.atUs === first.atUs && due.order < first.order))
        first = due;
    }
    return first;
  }
}

/** Lets every promise callback that can run now run. */
export async function flushPromises(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
