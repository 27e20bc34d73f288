import type { Worker } from 'node:worker_threads';
import type { Timer } from './clock';
import type { TimerOrder } from './timer-worker';
import { workerEntry } from './worker-entry';

/** Node's timers fire up to about this late, and never earlier than a whole millisecond. */
const NODE_TIMER_GRAIN_US = 1_000;
/** From here on a millisecond more or less does not matter, and Node's own timer is enough. */
const COARSE_FROM_US = 20_000;
/**
 * What a wake-up by the timer thread costs on its way (futex wake, message, turn of the loop) differs by machine and by how deeply its
 * cores sleep. It is learnt between these bounds, and asked for that much earlier; what is left then is polled for.
 */
const WAKE_COST_US = { least: 30, most: 250, first: 60 };
/** Weight of the newest wake-up in what is learnt. */
const LEARNING_RATE = 1 / 16;
/** Asked for beyond what is learnt: half of all wake-ups would be late otherwise. */
const MARGIN_US = 20;

/** A call that is to come. `wake` is what its next wake-up does; `callback` is what was asked for. */
interface Waiting {
  readonly atUs: number;
  readonly callback: () => void;
  readonly wake: () => void;
}

/**
 * Timers with a grain well below Node's 1 ms, without spinning.
 *
 * A delay is cut in two: whole milliseconds, less one, are left to `setTimeout`; what remains (below 2 ms) is waited for by
 * a thread that sleeps in `Atomics.wait`, whose timeout is a fraction of a millisecond and which the kernel times with
 * its high-resolution timers. The thread then posts a message. An idle engine has no thread at all: it is started by the
 * first delay that needs it, and sleeps without a timeout while there is nothing to wait for.
 */
export class FineTimers {
  readonly #nowUs: () => number;
  readonly #waiting = new Map<number, Waiting>();
  #thread: { readonly worker: Worker; readonly bell: Int32Array } | null = null;
  #wakeCostUs = WAKE_COST_US.first;
  #nextId = 1;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** As `Clock.callAt`. */
  callAt(atUs: number, callback: () => void): Timer {
    const remainingUs = atUs - this.#nowUs();
    if (remainingUs <= 0) return this.#callInThisTurn(atUs, callback);
    if (remainingUs >= COARSE_FROM_US) {
      const timer = setTimeout(callback, Math.ceil(remainingUs / 1000) + 1);
      return { cancel: () => clearTimeout(timer) };
    }
    return this.#callFinelyAt(atUs, remainingUs, callback);
  }

  /** Ends the thread; calls that are still to come never do. */
  async close(): Promise<void> {
    this.#waiting.clear();
    const closing = this.#thread;
    this.#thread = null;
    await closing?.worker.terminate();
  }

  #callInThisTurn(atUs: number, callback: () => void): Timer {
    const id = this.#nextId++;
    const wake = () => this.#fireUpTo(atUs);
    this.#waiting.set(id, { atUs, callback, wake });
    setImmediate(() => this.#fire(id));
    return { cancel: () => this.#waiting.delete(id) };
  }

  #callFinelyAt(atUs: number, remainingUs: number, callback: () => void): Timer {
    const id = this.#nextId++;
    let orderedForUs = 0;
    const order = () => {
      orderedForUs = Math.max(this.#nowUs(), atUs - this.#wakeCostUs - MARGIN_US);
      this.#order(id, orderedForUs);
    };
    const wake = () => {
      this.#learn(this.#nowUs() - orderedForUs);
      this.#pollUntil(atUs, id);
    };
    this.#waiting.set(id, { atUs, callback, wake });
    const coarseMs = (remainingUs - NODE_TIMER_GRAIN_US) / 1000;
    const isFineNow = remainingUs < 2 * NODE_TIMER_GRAIN_US;
    if (isFineNow) order();
    const coarse = isFineNow ? undefined : setTimeout(() => this.#waiting.has(id) && order(), coarseMs);
    return {
      cancel: () => {
        this.#waiting.delete(id);
        clearTimeout(coarse);
      },
    };
  }

  /** The rest, too short to sleep for: never early, and late by no more than a turn of the loop. Sockets are looked at in each turn. */
  #pollUntil(atUs: number, id: number): void {
    if (!this.#waiting.has(id)) return;
    if (this.#nowUs() + 1 < atUs) setImmediate(() => this.#pollUntil(atUs, id));
    else this.#fireUpTo(atUs);
  }

  /**
   * Fires what is due at `atUs` and everything due before it. After a stall of the loop several wake-ups come at once, in
   * whatever order their messages arrived; the calls still come in the order of their times.
   */
  #fireUpTo(atUs: number): void {
    if (this.#waiting.size === 1) {
      const [only] = this.#waiting;
      this.#waiting.clear();
      only?.[1].callback();
      return;
    }
    const due = [...this.#waiting].filter(([, waiting]) => waiting.atUs <= atUs);
    due.sort(([, a], [, b]) => a.atUs - b.atUs);
    for (const [id, { callback }] of due) if (this.#waiting.delete(id)) callback();
  }

  #learn(costUs: number): void {
    const learnt = this.#wakeCostUs + LEARNING_RATE * (costUs - this.#wakeCostUs);
    this.#wakeCostUs = Math.min(WAKE_COST_US.most, Math.max(WAKE_COST_US.least, learnt));
  }

  #order(id: number, atUs: number): void {
    this.#thread ??= this.#startThread();
    const { worker, bell } = this.#thread;
    const delayUs = Math.max(0, atUs - this.#nowUs());
    worker.postMessage({
      id,
      delayUs,
      sentAtMs: performance.timeOrigin + performance.now(),
    } satisfies TimerOrder);
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
  }

  #startThread() {
    const bell = new Int32Array(new SharedArrayBuffer(4));
    const worker = workerEntry('timer-worker', new URL('./timer-worker.ts', import.meta.url), {
      workerData: { bell },
      name: 'ferry-timer',
    });
    worker.unref();
    worker.on('message', (id: number) => this.#fire(id));
    // Without the thread, delays are still kept, only coarser: nothing may be lost because a timer thread died.
    worker.on('error', () => {
      this.#thread = null;
      for (const id of [...this.#waiting.keys()]) this.#fire(id);
    });
    return { worker, bell };
  }

  #fire(id: number): void {
    this.#waiting.get(id)?.wake();
  }
}
