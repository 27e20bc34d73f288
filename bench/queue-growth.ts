import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../engine/base';
import { batchPolicyOf, DynamicBatcher } from '../engine/batching';
import { modelSettings } from '../engine/testing/model-summary';
import { type Benchmark, median, printTable, round } from './benchmark';
import { demoRequest } from './demo-mlp';

const BAR = 1.2;
const SIZES = [100, 100_000] as const;
const BLOCKS = 4;
const ROUNDS = 6;
const STEPS = 1_000;
const BATCH = 16;

/** Cost of one request's way through the engine (queue, plan, stack, split, answer), with many waiting over with few waiting. */
export const queueGrowth: Benchmark = {
  name: 'queue-growth',
  describes:
    'engine time per request (submit to answer, the device taking none) with 100,000 queued / with 100 queued',
  async run(print) {
    const clock = systemClock();
    const costs = new Map<number, Cost[]>(SIZES.map((size) => [size, []]));
    for (let block = 0; block < BLOCKS + 1; block++) {
      for (const size of SIZES) {
        // One queue at a time: the collector's work for the long one would else fall on the short one's turn.
        const queue = new FullQueue(size, clock);
        collectGarbage();
        for (let i = 0; i < ROUNDS; i++) {
          const cost = await costOf(() => queue.pass());
          if (block > 0 && i > 0) costs.get(size)?.push(cost);
        }
      }
    }
    await clock.close();
    const [few, many] = SIZES.map((size) => medianCost(costs.get(size) ?? [])) as [Cost, Cost];
    printTable(
      print,
      [few, many].map(({ totalUs, collectorUs }, i) => ({
        queued: SIZES[i] ?? 0,
        'us per request': round(totalUs),
        'of which garbage collection': round(collectorUs),
        'without it': round(totalUs - collectorUs),
      })),
    );
    const value = round(many.totalUs / few.totalUs);
    const withoutCollector = round((many.totalUs - many.collectorUs) / (few.totalUs - few.collectorUs));
    const detail = {
      fewUs: round(few.totalUs),
      manyUs: round(many.totalUs),
      fewCollectorUs: round(few.collectorUs),
      manyCollectorUs: round(many.collectorUs),
      withoutCollector,
    };
    return { value, bar: BAR, holds: value <= BAR, detail };
  },
};

/** Per request. */
interface Cost {
  readonly totalUs: number;
  /** Pauses of the garbage collector within it: what waits long is moved and marked by the collector. */
  readonly collectorUs: number;
}

function medianCost(costs: readonly Cost[]): Cost {
  return {
    totalUs: median(costs.map((cost) => cost.totalUs)),
    collectorUs: median(costs.map((cost) => cost.collectorUs)),
  };
}

let collectorMs = 0;
const collector = new PerformanceObserver((list) => {
  for (const pause of list.getEntries()) collectorMs += pause.duration;
});
collector.observe({ entryTypes: ['gc'] });

async function costOf(pass: () => Promise<number>): Promise<Cost> {
  const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
  await turn();
  collectorMs = 0;
  const began = performance.now();
  const requests = await pass();
  const totalUs = ((performance.now() - began) * 1000) / requests;
  // Pauses are told a turn of the loop later.
  await turn();
  return { totalUs, collectorUs: (collectorMs * 1000) / requests };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const POLICY = batchPolicyOf(
  modelSettings({ maxBatchSize: BATCH, maxQueueDelayUs: 1_000, maxQueueSize: 1_000_000 }),
  true,
);

/** A batcher with a standing queue and a device that answers at once, when it is told to, with its own input. */
class FullQueue {
  readonly #batcher: DynamicBatcher;
  readonly #request = demoRequest(1);
  #idle = 0;
  #answer: (() => void) | null = null;

  constructor(size: number, clock: ReturnType<typeof systemClock>) {
    let batchId = 0;
    const ignore = () => undefined;
    const capacity = () => ({ idle: this.#idle, ahead: 0 });
    this.#batcher = new DynamicBatcher({
      model: 'demo-mlp',
      version: '1',
      clock,
      policy: POLICY,
      nextBatchId: () => ++batchId,
      observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
      runner: {
        get capacity() {
          return capacity();
        },
        run: (inputs, _names, outcome) => {
          this.#idle--;
          this.#answer = () => {
            const output = { outputs: inputs, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0 };
            outcome.returned(output);
            outcome.done(output);
          };
          return 'none';
        },
      },
    });
    for (let i = 0; i < size; i++) void this.#batcher.submit(this.#request, 1, '');
  }

  /** Each step a batch leaves and as many requests come: the queue stays as long as it is. Gives how many left. */
  async pass(): Promise<number> {
    for (let step = 0; step < STEPS; step++) {
      for (let i = 0; i < BATCH; i++) void this.#batcher.submit(this.#request, 1, '');
      this.#idle = 1;
      this.#batcher.instancesChanged();
      this.#answer?.();
      await Promise.resolve();
    }
    return STEPS * BATCH;
  }
}
