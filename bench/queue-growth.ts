import { RequestQueue } from '../engine/batching';
import { planBatch, batchPolicyOf } from '../engine/batching';
import { type Benchmark, median, printTable, round } from './benchmark';
import { demoRequest } from './demo-mlp';

const BAR = 1.2;
const SIZES = [100, 100_000] as const;
const ROUNDS = 15;
const STEPS = 40_000;

/** Cost of one request's way through queue and plan, with many waiting over with few waiting. */
export const queueGrowth: Benchmark = {
  name: 'queue-growth',
  describes: 'cost per request (queue, plan, take) with 100,000 queued / with 100 queued',
  async run(print) {
    const costs = new Map<number, number[]>(SIZES.map((size) => [size, []]));
    const queues = new Map(SIZES.map((size) => [size, filledQueue(size)]));
    for (let round_ = 0; round_ < ROUNDS + 2; round_++) {
      for (const size of SIZES) {
        const costUs = stepCostUs(queues.get(size) ?? filledQueue(size));
        if (round_ >= 2) costs.get(size)?.push(costUs);
      }
    }
    const [few, many] = SIZES.map((size) => median(costs.get(size) ?? [])) as [number, number];
    printTable(print, SIZES.map((size) => ({ queued: size, 'us per request': round(median(costs.get(size) ?? []), 3) })));
    const value = round(many / few);
    return { value, bar: BAR, holds: value <= BAR, detail: { fewUs: round(few), manyUs: round(many) } };
  },
};

const POLICY = batchPolicyOf(
  { batching: true, maxBatchSize: 16, preferredBatchSizes: [], maxQueueDelayUs: 1_000, maxQueueSize: 1_000_000, instanceCount: 1, executionProviders: ['cpu'], intraOpThreads: 1 },
  true,
);
const REQUEST = demoRequest(1);
const ignore = () => undefined;

function push(queue: RequestQueue, nowUs: number): void {
  queue.push(
    { request: REQUEST, rows: 1, enqueuedUs: nowUs, resolve: ignore, reject: ignore, lane: null, laneNext: null, lanePrevious: null, arrivalNext: null, arrivalPrevious: null },
    '',
  );
}

function filledQueue(size: number): RequestQueue {
  const queue = new RequestQueue(POLICY);
  for (let i = 0; i < size; i++) push(queue, i);
  return queue;
}

/** Each step adds a batch's worth of requests, plans and takes a batch: the queue stays as long as it was. */
function stepCostUs(queue: RequestQueue): number {
  const began = performance.now();
  let requests = 0;
  while (requests < STEPS) {
    for (let i = 0; i < POLICY.maxBatchSize; i++) push(queue, requests + i);
    const plan = planBatch(queue, requests, POLICY, 1);
    if (plan.kind !== 'dispatch') throw new Error('a long queue always has a batch to send');
    requests += queue.take(plan.lane, plan.requests).length;
  }
  return ((performance.now() - began) * 1000) / requests;
}
