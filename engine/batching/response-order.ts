import type { EngineError } from '../base';
import type { InferenceResult } from '../inference';

/** How a request is answered: exactly one of them, once. */
export interface Answer {
  resolve(result: InferenceResult): void;
  reject(error: EngineError): void;
}

/** An answer that waits for its turn; `withdraw` does not. */
export interface OrderedAnswer extends Answer {
  /** Refuses a request that never ran: at once, and nobody waits for it any more. */
  withdraw(error: EngineError): void;
}

/**
 * Lets answers out in the order in which their requests came, whichever instance ends first (`preserve_ordering`). A place is taken
 * when the queue takes the request; the answer, or the error of its batch, is held until every earlier place is done. What leaves
 * the queue without having run (cancelled, expired, unloaded) is answered at once and gives its place up: it promised no order,
 * and the others must not wait for it. No place is ever left open, because every request that was taken ends exactly once.
 */
export class ResponseOrder {
  #taken = 0;
  #next = 0;
  readonly #held = new Map<number, () => void>();

  /** Takes the next place for a request. */
  place(answer: Answer): OrderedAnswer {
    const place = this.#taken++;
    return {
      resolve: (result) => this.#settle(place, () => answer.resolve(result)),
      reject: (error) => this.#settle(place, () => answer.reject(error)),
      withdraw: (error) => {
        answer.reject(error);
        this.#settle(place, () => undefined);
      },
    };
  }

  #settle(place: number, answer: () => void): void {
    this.#held.set(place, answer);
    for (let due = this.#held.get(this.#next); due; due = this.#held.get(this.#next)) {
      this.#held.delete(this.#next++);
      due();
    }
  }
}
