import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { workerDataOf } from './worker-entry';

/** One wait asked of the timer thread. `sentAtMs` is on the shared clock `performance.timeOrigin + performance.now()`. */
export interface TimerOrder {
  readonly id: number;
  readonly delayUs: number;
  readonly sentAtMs: number;
}

const { bell } = workerDataOf<{ bell: Int32Array }>();
const port = parentPort;
if (!port) throw new Error('timer-worker runs as a worker thread only');

const due: { id: number; atMs: number }[] = [];
const nowMs = () => performance.timeOrigin + performance.now();

for (;;) {
  const rung = Atomics.load(bell, 0);
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    const order = got.message as TimerOrder;
    due.push({ id: order.id, atMs: order.sentAtMs + order.delayUs / 1000 });
    due.sort((a, b) => b.atMs - a.atMs);
  }
  let next = due.at(-1);
  while (next && next.atMs <= nowMs()) {
    port.postMessage(next.id);
    due.pop();
    next = due.at(-1);
  }
  Atomics.wait(bell, 0, rung, next ? Math.max(0, next.atMs - nowMs()) : Number.POSITIVE_INFINITY);
}
