import type { Worker } from 'node:worker_threads';
import type { Timer } from './clock';
import type { TimerOrder } from './timer-worker';
import { workerEntry } from './worker-entry';

/** Node's timers fire up to about this late, and never earlier than a whole millisecond. */
const NODE_TIMER_GRAIN_US = 1_000;
/** From here on a millisecond more or less does not matter, and Node's own timer is enough. */
const COARSE_FROM_US = 20_000;
/** What a wake-up by the timer thread costs on its way (futex wake, message, turn of the loop): asked for that much earlier. */
const WAKE_COST_US = 30;

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
  readonly #waiting = new Map<number, () => void>();
  #thread: { readonly worker: Worker; readonly bell: Int32Array } | null = null;
  #nextId = 1;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** As `Clock.callAt`. */
  callAt(atUs: number, callback: () => void): Timer {
    const remainingUs = atUs - this.#nowUs();
    if (remainingUs <= 0) {
      const immediate = setImmediate(callback);
      return { cancel: () => clearImmediate(immediate) };
    }
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

  #callFinelyAt(atUs: number, remainingUs: number, callback: () => void): Timer {
    const id = this.#nextId++;
    const onTime = () => {
      // Never early: a wake-up that came too soon is asked for again.
      if (this.#nowUs() + 1 >= atUs) return callback();
      this.#waiting.set(id, onTime);
      this.#order(id, atUs);
    };
    this.#waiting.set(id, onTime);
    const coarseMs = (remainingUs - NODE_TIMER_GRAIN_US) / 1000;
    const isFineNow = remainingUs < 2 * NODE_TIMER_GRAIN_US;
    if (isFineNow) this.#order(id, atUs);
    const coarse = isFineNow
      ? undefined
      : setTimeout(() => this.#waiting.has(id) && this.#order(id, atUs), coarseMs);
    return {
      cancel: () => {
        this.#waiting.delete(id);
        clearTimeout(coarse);
      },
    };
  }

  #order(id: number, atUs: number): void {
    this.#thread ??= this.#startThread();
    const { worker, bell } = this.#thread;
    const delayUs = Math.max(0, atUs - this.#nowUs() - WAKE_COST_US);
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
    const callback = this.#waiting.get(id);
    this.#waiting.delete(id);
    callback?.();
  }
}
