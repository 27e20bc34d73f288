import { type Clock, EngineError, type Timer } from '../base';
import type { InferenceRequest } from '../inference';
import type { BatcherObserver } from './batcher-observer';

/** A request that a scheduler holds. */
export interface HeldRequest {
  readonly request: InferenceRequest;
  readonly enqueuedUs: number;
  /** Answers it with an error without having run. */
  readonly withdraw: (error: EngineError) => void;
}

export interface PlanLoopOptions {
  readonly clock: Clock;
  readonly observer: BatcherObserver;
  /** Asks for plans and obeys them until there is nothing to do now. */
  readonly pump: () => void;
  /** No request waits and none runs. */
  readonly isEmpty: () => boolean;
}

/**
 * When a scheduler plans and how it ends, the same for all of them, whatever they hold and decide: after the turn of the event
 * loop in which something came, at one moment that the last plan named, and no more once it is closed and empty.
 */
export class PlanLoop {
  readonly #options: PlanLoopOptions;
  #timer: { readonly timer: Timer; readonly atUs: number } | null = null;
  #pumpIsDue = false;
  #closed: EngineError | null = null;
  #whenEmpty: (() => void)[] = [];

  constructor(options: PlanLoopOptions) {
    this.#options = options;
  }

  /** Why new requests are refused; null while they are not. */
  get closed(): EngineError | null {
    return this.#closed;
  }

  /**
   * Plans after the event loop has read what has already arrived: requests of one burst, each on a socket of its own, are
   * delivered in one turn of the loop, and a plan made at the first of them would send it alone.
   */
  pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    const { clock, pump } = this.#options;
    clock.callAt(clock.nowUs(), () => {
      this.#pumpIsDue = false;
      pump();
    });
  }

  /** Plans then, and not at the moment that was named before. @param atUs infinity: at none */
  wakeAt(atUs: number): void {
    if (this.#timer?.atUs === atUs) return;
    this.#timer?.timer.cancel();
    this.#timer = null;
    if (atUs === Number.POSITIVE_INFINITY) return;
    const { clock, pump } = this.#options;
    const timer = clock.callAt(atUs, () => {
      this.#timer = null;
      pump();
    });
    this.#timer = { timer, atUs };
  }

  /** Refuses new requests; what waits is answered, and it resolves when the last answer is out. */
  async drain(error: EngineError): Promise<void> {
    const { pump, isEmpty } = this.#options;
    this.#closed = error;
    pump();
    if (isEmpty()) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Refuses new requests and fails those that waited. */
  abort(error: EngineError, waiting: readonly HeldRequest[]): void {
    this.#closed = error;
    this.wakeAt(Number.POSITIVE_INFINITY);
    for (const held of waiting) this.fail(held, error);
    this.announceIfEmpty();
  }

  /** To be called whenever requests have ended. */
  announceIfEmpty(): void {
    if (this.#whenEmpty.length === 0 || !this.#options.isEmpty()) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Of a request that never waited. */
  refuse(held: HeldRequest, error: EngineError): void {
    this.#options.observer.requestFailed(error, null);
    held.withdraw(error);
  }

  /** Of one that waited and is held no more. */
  fail(held: HeldRequest, error: EngineError): void {
    const { clock, observer } = this.#options;
    if (held.request.signal) held.request.signal.onCancel = null;
    observer.requestFailed(error, clock.nowUs() - held.enqueuedUs);
    held.withdraw(error);
  }
}

/** Why a waiting request ended without running. */
export function cancelError({ signal }: InferenceRequest): EngineError {
  return signal?.code === 'CALL_EXPIRED'
    ? new EngineError('CALL_EXPIRED', "the call's deadline passed while the request waited")
    : new EngineError('CANCELLED', 'the client went away while the request waited');
}
