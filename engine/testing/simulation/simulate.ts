import {
  AutoPlanner,
  type BatchOutput,
  type BatchPolicy,
  CostCurve,
  DynamicBatcher,
  profiledSizes,
} from '../../batching';
import type { InferenceRequest } from '../../inference';
import { Random } from './random';
import { arrivalsOf, MAX_ROWS, peakRate, type Scenario } from './scenarios';
import { VirtualClock } from './virtual-clock';

/** A setting of the static grid. */
export interface StaticSetting {
  readonly maxBatchSize: number;
  readonly maxQueueDelayUs: number;
}

export interface AutoSetting {
  /** Infinity without an SLO. */
  readonly sloUs: number;
}

export interface SimulationOptions {
  readonly setting: StaticSetting | AutoSetting;
  /** Requests that are sent, or in a closed loop answered. */
  readonly requests: number;
  readonly instances?: number;
  readonly maxRows?: number;
  /** Instants of an open loop instead of those of the scenario's traffic, ascending, microseconds. */
  readonly arrivalsUs?: ArrayLike<number>;
  /** Service times without noise: for comparison with closed forms. */
  readonly exact?: boolean;
}

export interface SimulationResult {
  /** Of answered requests after the first tenth, ascending, microseconds. */
  readonly latenciesUs: readonly number[];
  /** Answered requests per microsecond, after the first tenth. */
  readonly throughput: number;
  readonly refused: number;
  readonly answered: number;
}

const WARM_UP_SHARE = 0.1;
const NOISE = 0.03;
const SPIKE_SHARE = 0.01;
const SPIKE = 1.5;
const REQUEST: InferenceRequest = {
  model: 'simulated',
  version: null,
  id: '',
  inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 1], data: new Uint8Array(1) }],
  outputs: null,
  binaryByDefault: false,
  parameters: new Map(),
};
const OUTPUTS: BatchOutput['outputs'] = [];

/**
 * One scenario in virtual time, with the engine's own batcher and planner. Service times are the curve's, times log-normal
 * noise of 3 %, and one in a hundred takes half as long again.
 */
export function simulate(scenario: Scenario, options: SimulationOptions): SimulationResult {
  const clock = new VirtualClock();
  const batcher = createBatcher(scenario, options, clock);
  const warmUp = Math.floor(options.requests * WARM_UP_SHARE);
  const latenciesUs: number[] = [];
  let ended = 0;
  let refused = 0;
  let fromUs = 0;
  beginTraffic(scenario, options, clock, (then) => {
    const sentUs = clock.nowUs();
    batcher.enqueue(REQUEST, 1, '', {
      resolve: () => {
        if (++ended > warmUp) latenciesUs.push(clock.nowUs() - sentUs);
        else fromUs = clock.nowUs();
        then();
      },
      reject: () => {
        ended++;
        refused++;
        then();
      },
    });
  });
  while (ended < options.requests && clock.step());
  latenciesUs.sort((a, b) => a - b);
  const throughput = latenciesUs.length / (clock.nowUs() - fromUs);
  return { latenciesUs, throughput, refused, answered: ended - refused };
}

function createBatcher(scenario: Scenario, options: SimulationOptions, clock: VirtualClock): DynamicBatcher {
  const { setting, maxRows = MAX_ROWS, instances = 1 } = options;
  const random = new Random(scenario.seed * 31 + 5);
  const serviceUs = (rows: number) => {
    const meanUs = scenario.curve.meanUs(rows);
    if (options.exact) return meanUs;
    const spike = random.uniform() < SPIKE_SHARE ? SPIKE : 1;
    return meanUs * Math.exp(random.normal() * NOISE) * spike;
  };
  let idle = instances;
  let batchId = 0;
  const ignore = () => undefined;
  const predictor =
    'sloUs' in setting
      ? new AutoPlanner({
          curve: exactCurve(scenario, maxRows),
          sloUs: setting.sloUs,
          maxBatchSize: () => maxRows,
          instances: () => instances,
        })
      : undefined;
  const batcher = new DynamicBatcher({
    ...(predictor && { predictor }),
    model: 'simulated',
    version: '1',
    clock,
    policy: policyOf(setting, maxRows),
    nextBatchId: () => ++batchId,
    observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
    runner: {
      get capacity() {
        return { idle, ahead: 0 };
      },
      run: (inputs, _outputNames, outcome) => {
        idle--;
        const tookUs = serviceUs(inputs[0]?.shape[0] ?? 1);
        clock.callAt(clock.nowUs() + tookUs, () => {
          const output = { outputs: OUTPUTS, computeInputUs: 0, computeInferUs: tookUs, computeOutputUs: 0 };
          idle++;
          outcome.returned(output);
          outcome.done(output);
          batcher.instancesChanged();
        });
        return 'simulated';
      },
    },
  });
  return batcher;
}

function beginTraffic(
  scenario: Scenario,
  options: SimulationOptions,
  clock: VirtualClock,
  send: (then: () => void) => void,
): void {
  const random = new Random(scenario.seed * 7919 + 1);
  if (scenario.kind === 'closed') {
    const think = () => {
      clock.callAt(clock.nowUs() + random.exponential(scenario.thinkUs), () => send(think));
    };
    for (let i = 0; i < scenario.clients; i++) think();
    return;
  }
  const { requests, maxRows = MAX_ROWS } = options;
  const rate = peakRate(scenario.curve, maxRows) * scenario.load;
  const times = options.arrivalsUs ?? arrivalsOf(scenario.traffic, rate, requests, random);
  let next = 0;
  const sendNext = () => {
    const atUs = times[next++];
    if (atUs === undefined || next > requests) return;
    clock.callAt(atUs, () => {
      sendNext();
      send(() => undefined);
    });
  };
  sendNext();
}

/** What a profile of the curve would give without noise. */
function exactCurve(scenario: Scenario, maxRows: number): CostCurve {
  return new CostCurve(
    profiledSizes(maxRows).map((rows) => ({ rows, runsUs: [scenario.curve.meanUs(rows)] })),
  );
}

function policyOf(setting: StaticSetting | AutoSetting, maxRows: number): BatchPolicy {
  const maxBatchSize = 'maxBatchSize' in setting ? setting.maxBatchSize : maxRows;
  return {
    maxBatchSize,
    preferredBatchSizes: [maxBatchSize],
    maxQueueDelayUs: 'maxQueueDelayUs' in setting ? setting.maxQueueDelayUs : 0,
    maxQueueSize: 1_000_000,
    unbatched: false,
  };
}
