import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from 'node:worker_threads';
import { median, printTable, round } from './benchmark';

/**
 * What a message to a thread and back costs while the thread computes for about a millisecond in between, in several ways: the
 * greater part of what `bench overhead` measures. The numbers of docs/adr/0006-adaptive-spin.md come from here:
 *
 *   npx tsx bench/thread-hop.ts
 *
 *   sleep     the thread sleeps in its event loop between orders
 *   wait      the thread sleeps in Atomics.wait and is rung
 *   flat      as sleep, with messages of numbers and one buffer instead of named tensors
 *   spin      the thread looks for the next order instead of sleeping (what instances do while orders come quickly)
 *   poll      as spin, and the asking thread polls as well: nothing sleeps, a core burns
 */
const VARIANTS = ['sleep', 'wait', 'flat', 'spin', 'poll'] as const;
type Variant = (typeof VARIANTS)[number];
const TRIPS = 600;
const ROUNDS = 3;
const ROW = 512;

interface Order {
  readonly kind: 'run';
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
}
type Reply = readonly [workedMs: number, buffer: ArrayBuffer];

async function ask(variant: Variant): Promise<number> {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('../engine/base/worker-boot.mjs', import.meta.url), {
    workerData: { bootUrl: import.meta.url, variant, bell },
  });
  await new Promise((resolve) => worker.once('message', resolve));
  const addedUs: number[] = [];
  for (let trip = 0; trip < TRIPS; trip++) {
    await nextTurn();
    const began = performance.now();
    const [workedMs] = await roundTrip(worker, variant, bell);
    if (trip > TRIPS / 5) addedUs.push((performance.now() - began - workedMs) * 1000);
  }
  await worker.terminate();
  return median(addedUs);
}

function roundTrip(worker: Worker, variant: Variant, bell: Int32Array): Promise<Reply> {
  const data = new Float32Array(ROW);
  const answer = new Promise<Reply>((resolve) => {
    worker.once('message', resolve);
    // An immediate that asks for another keeps the loop from sleeping, so that it sees the answer at once.
    if (variant === 'poll') {
      let polling = true;
      worker.once('message', () => {
        polling = false;
      });
      const again = () => polling && setImmediate(again);
      again();
    }
  });
  if (variant === 'flat') worker.postMessage([1, 1, ROW, data.buffer], [data.buffer]);
  else
    worker.postMessage(
      { kind: 'run', inputs: [{ name: 'input', datatype: 'FP32', shape: [1, ROW], data }] } satisfies Order,
      [data.buffer],
    );
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
  return answer;
}

function serve(port: MessagePort, variant: Variant, bell: Int32Array): void {
  // As large as the demo MLP's weights, and read through: the caches are as cold afterwards as after a real batch.
  const weights = new Float32Array(11_000_000).fill(1);
  let sum = 0;
  const work = () => {
    const began = performance.now();
    for (let i = 0; i < weights.length; i += 16) sum += weights[i] ?? 0;
    const { buffer } = new Float32Array(ROW).fill(sum);
    port.postMessage([performance.now() - began, buffer] satisfies Reply, [buffer]);
  };
  if (variant === 'sleep' || variant === 'flat') port.on('message', work);
  port.postMessage('ready');
  if (variant === 'sleep' || variant === 'flat') return;
  for (;;) {
    const rung = Atomics.load(bell, 0);
    while (receiveMessageOnPort(port)) work();
    if (variant === 'wait') Atomics.wait(bell, 0, rung);
  }
}

if (isMainThread) {
  const results = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  for (let i = 0; i < ROUNDS; i++)
    for (const variant of VARIANTS) results.get(variant)?.push(await ask(variant));
  printTable(
    console.log,
    VARIANTS.map((variant) => ({
      variant,
      'added us, median': round(median(results.get(variant) ?? []), 1),
    })),
  );
} else if (parentPort) {
  const { variant, bell } = workerData as { variant: Variant; bell: Int32Array };
  serve(parentPort, variant, bell);
}
