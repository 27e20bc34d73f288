import {
  type BatchPolicy,
  mayReorder,
  planBatch,
  queuedRequest,
  queueTermsOf,
  RequestQueue,
} from '../engine/batching';
import { parseModelConfig, schedulingConfigOf } from '../engine/config';
import type { InferenceRequest, ParameterValue } from '../engine/inference';
import { buildRequest, fp32 } from '../engine/testing';
import { type Benchmark, median, printTable, round } from './benchmark';

const BAR_US = 5;
const FLAT = 1.2;
const SIZES = [10, 1_000, 100_000] as const;
const BLOCKS = 5;
const ROUNDS = 100;
const STEPS = 100;
const BATCH = 16;
/** Device time of a batch, as the queue sees it. */
const STEP_US = 1_000;

/** What the scheduler itself costs per request, however many wait: entering the queue, expiry, the plan, leaving it. */
export const planCost: Benchmark = {
  name: 'plan-cost',
  describes:
    'time per planned request (push, expire, plan, take), priorities and queue policies on, with 100,000 queued / with 10',
  async run(print) {
    const cells = [true, false].flatMap((isRanked) => SIZES.map((size) => new Cell(size, isRanked)));
    // In turns, so that a slow moment of the machine falls on all of them; a queue is let go before the next is filled.
    for (let block = 0; block <= BLOCKS; block++) for (const cell of cells) cell.measure(block > 0);
    printTable(
      print,
      cells.map((cell) => ({
        queued: cell.size,
        'priorities, policies': cell.isRanked ? 'on' : 'off',
        'us per request, median': round(cell.medianUs),
        mean: round(cell.meanUs),
      })),
    );
    const ranked = cells.filter(({ isRanked }) => isRanked);
    const [few, , many] = ranked as [Cell, Cell, Cell];
    const value = round(many.medianUs / few.medianUs);
    const worstUs = round(Math.max(...ranked.map(({ medianUs }) => medianUs)));
    return {
      value,
      bar: FLAT,
      holds: value <= FLAT && worstUs <= BAR_US,
      detail: {
        barUs: BAR_US,
        worstUs,
        medianUs: Object.fromEntries(cells.map((cell) => [cell.label, round(cell.medianUs)])),
        // With the collector's pauses, which a median leaves out.
        meanUs: Object.fromEntries(cells.map((cell) => [cell.label, round(cell.meanUs)])),
      },
    };
  },
};

/** Three levels, each with a timeout. A batch a step never reaches level 3, which expires; what stands is of level 2. */
const SCHEDULING = schedulingConfigOf(
  parseModelConfig(`dynamic_batching {
    priority_levels: 3 default_priority_level: 2
    default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 60000000 allow_timeout_override: true }
    priority_queue_policy { key: 1 value { default_timeout_microseconds: 10000000 max_queue_size: 1000 } }
    priority_queue_policy { key: 3 value { default_timeout_microseconds: 1500 } }
  }`),
);

const PLAIN: BatchPolicy = {
  maxBatchSize: BATCH,
  preferredBatchSizes: [BATCH / 2, BATCH],
  maxQueueDelayUs: 1_000,
  maxQueueSize: 1_000_000,
  unbatched: false,
};
const RANKED: BatchPolicy = { ...PLAIN, scheduling: SCHEDULING, neverAhead: mayReorder(SCHEDULING) };

/** Of ten requests three are urgent, one is of the level that expires, and one has a timeout of its own. */
function parametersOf(i: number): ReadonlyMap<string, ParameterValue> {
  if (i < 3) return new Map([['priority', 1]]);
  if (i === 9) return new Map([['priority', 3]]);
  return new Map(i === 5 ? [['timeout', 30_000_000]] : []);
}

const REQUESTS: readonly InferenceRequest[] = Array.from({ length: 10 }, (_, i) =>
  buildRequest([fp32('x', [1, 1], [i])], { parameters: parametersOf(i) }),
);
const STANDING = buildRequest([fp32('x', [1, 1])]);

/** A number of waiting requests, and what a request cost with it. */
class Cell {
  readonly #costsUs: number[] = [];

  constructor(
    readonly size: number,
    readonly isRanked: boolean,
  ) {}

  get label(): string {
    return `${this.size} ${this.isRanked ? 'ranked' : 'plain'}`;
  }

  get medianUs(): number {
    return median(this.#costsUs);
  }

  get meanUs(): number {
    return this.#costsUs.reduce((sum, cost) => sum + cost, 0) / this.#costsUs.length;
  }

  measure(counts: boolean): void {
    const queue = new StandingQueue(this.size, this.isRanked ? RANKED : PLAIN);
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const requests = queue.pass();
      if (counts) this.#costsUs.push(((performance.now() - began) * 1000) / requests);
    }
  }
}

/** A queue that stays as long as it is, on a clock of its own. */
class StandingQueue {
  readonly #queue: RequestQueue;
  #pushed = 0;
  /** With a fraction, as clocks give it. */
  #nowUs = 1e9 + 0.125;

  constructor(
    readonly size: number,
    readonly policy: BatchPolicy,
  ) {
    this.#queue = new RequestQueue(policy);
    while (this.#queue.length < size) this.#push(STANDING);
  }

  /** Each step a batch comes, what is late goes, and a batch leaves. Gives how many requests came. */
  pass(): number {
    const before = this.#pushed;
    for (let step = 0; step < STEPS; step++) {
      this.#nowUs += STEP_US;
      while (this.#queue.length < this.size + BATCH) this.#push(REQUESTS[this.#pushed % REQUESTS.length]);
      this.#queue.expire(this.#nowUs);
      const plan = planBatch(this.#queue, this.#nowUs, this.policy, { idle: 1, ahead: 0 });
      if (plan.kind === 'dispatch') this.#queue.take(plan.lane, plan.requests);
    }
    return this.#pushed - before;
  }

  #push(request = STANDING): void {
    this.#pushed++;
    const terms = queueTermsOf(request.parameters, this.policy.scheduling);
    const entry = { request, rows: 1, enqueuedUs: this.#nowUs, resolve: ignore, reject: ignore };
    this.#queue.push(queuedRequest(entry, terms), '');
  }
}

const ignore = (): void => undefined;
