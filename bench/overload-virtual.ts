import { peakRate, type SimulatedCurve } from '../engine/testing/simulation/scenarios';
import {
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from '../engine/testing/simulation/simulate';
import { round } from './benchmark';

const OFFERED = 1.6;
const SLO_RUNS = 10;
const REQUESTS = 20_000;
const SEED = 7;

export interface OverloadCase {
  readonly setting: string;
  /** Answers within the SLO per time, as a share of the capacity. */
  readonly goodput: number;
  /** p99 of the accepted as a share of the SLO. */
  readonly p99: number;
  readonly refused: number;
}

/** Auto mode first, then static settings under the same arrivals: as they are, and with a queue timeout. */
export function overloadCases(curve: SimulatedCurve, instances: number): readonly OverloadCase[] {
  const sloUs = SLO_RUNS * curve.meanUs(1);
  const capacity = capacityOf(curve, sloUs) * instances;
  const load = (OFFERED * capacity) / peakRate(curve);
  const run = (setting: SimulationOptions['setting']) =>
    simulate(
      { kind: 'open', curve, traffic: 'poisson', load, seed: SEED },
      { setting, requests: REQUESTS, instances },
    );
  const timeoutUs = sloUs / 2;
  const settings: readonly (readonly [string, SimulationOptions['setting']])[] = [
    ['auto', { sloUs }],
    ['max 32, wait 0 ms', { maxBatchSize: 32, maxQueueDelayUs: 0 }],
    ['max 8, wait 1 ms', { maxBatchSize: 8, maxQueueDelayUs: 1_000 }],
    ['max 32, timeout SLO/2', { maxBatchSize: 32, maxQueueDelayUs: 0, timeoutUs }],
    ['max 16, timeout SLO/2', { maxBatchSize: 16, maxQueueDelayUs: 0, timeoutUs }],
  ];
  return settings.map(([setting, options]) => caseOf(setting, run(options), sloUs, capacity));
}

/** Most rows per time of the sizes that can keep the SLO at all: a request that just missed a batch must make the next. */
export function capacityOf(curve: SimulatedCurve, sloUs: number): number {
  let most = 1;
  while (most < 32 && 2 * curve.meanUs(most + 1) <= sloUs) most++;
  return peakRate(curve, most);
}

function caseOf(setting: string, result: SimulationResult, sloUs: number, capacity: number): OverloadCase {
  const { latenciesUs, throughput, refused } = result;
  const inTime = latenciesUs.filter((us) => us <= sloUs).length / latenciesUs.length;
  const p99Us = latenciesUs[Math.floor(latenciesUs.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  return {
    setting,
    goodput: round((throughput * inTime) / capacity),
    p99: round(p99Us / sloUs),
    refused: round(refused / REQUESTS),
  };
}
