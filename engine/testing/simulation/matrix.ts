import { nameOf, type Scenario } from './scenarios';
import { type SimulationResult, simulate } from './simulate';

const SIZES = [1, 2, 4, 8, 16, 32];
const DELAYS_US = [0, 250, 500, 1_000, 2_000, 3_000, 4_000, 8_000];

/** 48 static settings, all of which an operator could have chosen. */
export const STATIC_GRID = SIZES.flatMap((maxBatchSize) =>
  DELAYS_US.map((maxQueueDelayUs) => ({ maxBatchSize, maxQueueDelayUs })),
);

/** Auto mode against the best of the static grid, in the metric of the scenario's kind. */
export interface Comparison {
  readonly name: string;
  /** p99 in microseconds of an open loop, throughput of a closed one. */
  readonly auto: number;
  readonly best: number;
  readonly bestSetting: string;
  readonly zeroWait: number;
  readonly ratio: number;
}

const OPEN_REQUESTS = 6_000;

export function p99Us(result: SimulationResult): number {
  const { latenciesUs } = result;
  return latenciesUs[Math.floor(latenciesUs.length * 0.99)] ?? Number.POSITIVE_INFINITY;
}

export function compare(scenario: Scenario): Comparison {
  const open = scenario.kind === 'open';
  const requests = open ? OPEN_REQUESTS : Math.max(1_500, scenario.clients * 80);
  const judged = (result: SimulationResult) => (open ? p99Us(result) : result.throughput);
  let best = open ? Number.POSITIVE_INFINITY : 0;
  let bestSetting = '';
  let zeroWait = Number.NaN;
  for (const setting of STATIC_GRID) {
    const value = judged(simulate(scenario, { setting, requests }));
    if (setting.maxBatchSize === 32 && setting.maxQueueDelayUs === 0) zeroWait = value;
    if (open ? value < best : value > best) {
      best = value;
      bestSetting = `max ${setting.maxBatchSize}, wait ${setting.maxQueueDelayUs / 1000} ms`;
    }
  }
  const auto = judged(simulate(scenario, { setting: { sloUs: Number.POSITIVE_INFINITY }, requests }));
  return { name: nameOf(scenario), auto, best, bestSetting, zeroWait, ratio: auto / best };
}
