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
export function createFineTimers(nowUs: () => number) {
  const waiting = new Map<number, () => void>();
  let thread: { worker: Worker; bell: Int32Array } | null = null;
  let nextId = 1;

  const fire = (id: number) => {
    const callback = waiting.get(id);
    waiting.delete(id);
    callback?.();
  };

  const startThread = () => {
    const bell = new Int32Array(new SharedArrayBuffer(4));
    const worker = workerEntry('timer-worker', new URL('./timer-worker.ts', import.meta.url), {
      workerData: { bell },
      name: 'ferry-timer',
    });
    worker.unref();
    worker.on('message', fire);
    // Without the thread, delays are still kept, only coarser: nothing may be lost because a timer thread died.
    worker.on('error', () => {
      thread = null;
      for (const id of [...waiting.keys()]) fire(id);
    });
    thread = { worker, bell };
    return thread;
  };

  const orderFine = (id: number, atUs: number) => {
    const { worker, bell } = thread ?? startThread();
    const order: TimerOrder = { id, delayUs: Math.max(0, atUs - nowUs() - WAKE_COST_US), sentAtMs: performance.timeOrigin + performance.now() };
    worker.postMessage(order);
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
  };

  const callAt = (atUs: number, callback: () => void): Timer => {
    const id = nextId++;
    const remainingUs = atUs - nowUs();
    let cancelCoarse = () => undefined as undefined;
    const checked = () => {
      // Never early: a wake-up that came too soon is asked for again.
      if (nowUs() + 1 >= atUs) callback();
      else {
        waiting.set(id, checked);
        orderFine(id, atUs);
      }
    };
    if (remainingUs <= 0) {
      const immediate = setImmediate(callback);
      return { cancel: () => clearImmediate(immediate) };
    }
    if (remainingUs >= COARSE_FROM_US) {
      const timer = setTimeout(callback, Math.ceil(remainingUs / 1000) + 1);
      return { cancel: () => clearTimeout(timer) };
    }
    waiting.set(id, checked);
    if (remainingUs < 2 * NODE_TIMER_GRAIN_US) orderFine(id, atUs);
    else {
      const coarse = setTimeout(() => waiting.has(id) && orderFine(id, atUs), (remainingUs - NODE_TIMER_GRAIN_US) / 1000);
      cancelCoarse = () => {
        clearTimeout(coarse);
        return undefined;
      };
    }
    return {
      cancel: () => {
        waiting.delete(id);
        cancelCoarse();
      },
    };
  };

  const close = async () => {
    waiting.clear();
    const closing = thread;
    thread = null;
    await closing?.worker.terminate();
  };

  return { callAt, close };
}
