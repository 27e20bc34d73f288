import { CURVES, closedScenarios, nameOf, openScenarios, type Scenario } from './scenarios';
import {
  type AutoSetting,
  type SimulationOptions,
  type SimulationResult,
  type StaticSetting,
  simulate,
} from './simulate';

const SIZES = [1, 2, 4, 8, 16, 32];
const DELAYS_US = [0, 250, 500, 1_000, 2_000, 3_000, 4_000, 8_000];

/** 48 static settings, all of which an operator could have chosen. */
export const STATIC_GRID: readonly StaticSetting[] = SIZES.flatMap((maxBatchSize) =>
  DELAYS_US.map((maxQueueDelayUs) => ({ maxBatchSize, maxQueueDelayUs })),
);

/** Auto mode against the best of the static grid, in the metric of the scenario's kind. */
export interface Comparison {
  readonly name: string;
  readonly curve: string;
  /** p99 in microseconds of an open loop, throughput of a closed one. */
  readonly auto: number;
  readonly best: number;
  readonly bestSetting: string;
  /** auto / best. */
  readonly ratio: number;
  /** The same of each setting of the grid, in its order. */
  readonly staticRatios: readonly number[];
}

const OPEN_REQUESTS = 6_000;

export function p99Us(result: SimulationResult): number {
  const { latenciesUs } = result;
  return latenciesUs[Math.floor(latenciesUs.length * 0.99)] ?? Number.POSITIVE_INFINITY;
}

/** Runs auto mode and the whole grid: the oracle is exhaustive. */
export function compare(
  scenario: Scenario,
  given: Pick<SimulationOptions, 'instances' | 'arrivalsUs'> = {},
): Comparison {
  const open = scenario.kind === 'open';
  const requests =
    given.arrivalsUs?.length ?? (open ? OPEN_REQUESTS : Math.max(1_500, scenario.clients * 80));
  const judged = (setting: StaticSetting | AutoSetting) => {
    const result = simulate(scenario, { ...given, setting, requests });
    return open ? p99Us(result) : result.throughput;
  };
  const values = STATIC_GRID.map(judged);
  const best = open ? Math.min(...values) : Math.max(...values);
  const setting = STATIC_GRID[values.indexOf(best)] as StaticSetting;
  const auto = judged({ sloUs: Number.POSITIVE_INFINITY });
  return {
    name: nameOf(scenario),
    curve: scenario.curve.name,
    auto,
    best,
    bestSetting: `max ${setting.maxBatchSize}, wait ${setting.maxQueueDelayUs / 1000} ms`,
    ratio: auto / best,
    staticRatios: values.map((value) => value / best),
  };
}

/** The scenarios of the proof: 60 open loops, 70 closed ones. The constants of auto mode were chosen on these. */
export const OPEN_SCENARIOS = openScenarios(CURVES, [0.05, 0.3, 0.6, 0.8], 100);
export const CLOSED_SCENARIOS = closedScenarios(CURVES, [50, 500], 200);

/** Bars of the ratios: throughput, where more is better, and p99, where less is. */
export const CLOSED_BARS = { median: 0.98, p10: 0.92, worst: 0.88 };
export const OPEN_BARS = { median: 1.03, p90: 1.12, worst: 1.5 };
