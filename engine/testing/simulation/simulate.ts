import {
  AutoPlanner,
  type BatchOutput,
  type BatchPolicy,
  CostCurve,
  DynamicBatcher,
  profiledSizes,
} from '../../batching';
import type { QueuePolicy, SchedulingConfig } from '../../config';
import { Random } from './random';
import { arrivalsOf, MAX_ROWS, peakRate, type Scenario } from './scenarios';
import { SIMULATED_REQUEST } from './simulated-request';
import { VirtualClock } from './virtual-clock';

/** A setting of the static grid. */
export interface StaticSetting {
  readonly maxBatchSize: number;
  readonly maxQueueDelayUs: number;
  /** A request that has waited for longer is refused. Absent: none is. */
  readonly timeoutUs?: number;
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
  /** A full batch may be handed to an instance that still runs another, as to those of the engine. */
  readonly ahead?: boolean;
  readonly maxRows?: number;
  /** Instants of an open loop instead of those of the scenario's traffic, ascending, microseconds. */
  readonly arrivalsUs?: ArrayLike<number>;
  /** Service times without noise: for comparison with closed forms. */
  readonly exact?: boolean;
  /** How long a run takes that begins now and would else take so many microseconds. */
  readonly disturbed?: (runUs: number, nowUs: number, random: Random) => number;
  /** The way to the instance and back, on top of a run: of the loop's doing, not the device's. Absent: none. */
  readonly betweenUs?: (random: Random) => number;
  /** When it ends, if not before. */
  readonly untilUs?: number;
  /** Called for each request that has ended. */
  readonly onEnded?: (nowUs: number, answered: boolean) => void;
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
const OUTPUTS: BatchOutput['outputs'] = [];

/**
 * One scenario in virtual time, with the engine's own batcher and planner. Service times are the curve's, times log-normal
 * noise of 3 %, and one in a hundred takes half as long again.
 */
export function simulate(scenario: Scenario, options: SimulationOptions): SimulationResult {
  const clock = new VirtualClock();
  const batcher = createBatcher(scenario, options, clock);
  const warmUp = Number.isFinite(options.requests) ? Math.floor(options.requests * WARM_UP_SHARE) : 0;
  const latenciesUs: number[] = [];
  let ended = 0;
  let refused = 0;
  let fromUs = 0;
  beginTraffic(scenario, options, clock, (then) => {
    const sentUs = clock.nowUs();
    batcher.enqueue(SIMULATED_REQUEST, 1, '', {
      resolve: () => {
        if (++ended > warmUp) latenciesUs.push(clock.nowUs() - sentUs);
        else fromUs = clock.nowUs();
        options.onEnded?.(clock.nowUs(), true);
        then();
      },
      reject: () => {
        ended++;
        refused++;
        options.onEnded?.(clock.nowUs(), false);
        then();
      },
    });
  });
  const { requests, untilUs = Number.POSITIVE_INFINITY } = options;
  while (ended < requests && clock.nowUs() < untilUs && clock.step());
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
    const runUs = meanUs * Math.exp(random.normal() * NOISE) * spike;
    return options.disturbed?.(runUs, clock.nowUs(), random) ?? runUs;
  };
  const device = new SimulatedDevice(clock, instances, options.ahead ?? false);
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
        return device.capacity;
      },
      run: (inputs, _outputNames, outcome) => {
        const tookUs = serviceUs(inputs[0]?.shape[0] ?? 1);
        const betweenUs = options.betweenUs?.(random) ?? 0;
        device.run(tookUs, betweenUs, (free) => {
          const output = { outputs: OUTPUTS, computeInputUs: 0, computeInferUs: tookUs, computeOutputUs: 0 };
          outcome.returned(output);
          free();
          outcome.done(output);
          batcher.instancesChanged();
        });
        return 'simulated';
      },
    },
  });
  return batcher;
}

/** Instances, each with at most one batch behind the one that it runs, as they are seen from the loop: an end is seen late. */
class SimulatedDevice {
  readonly #clock: VirtualClock;
  readonly #instances: number;
  readonly #ahead: boolean;
  readonly #behind: (() => void)[] = [];
  #running = 0;
  /** Given to an instance, and not known to have ended. */
  #given = 0;

  constructor(clock: VirtualClock, instances: number, ahead: boolean) {
    this.#clock = clock;
    this.#instances = instances;
    this.#ahead = ahead;
  }

  get capacity(): { readonly idle: number; readonly ahead: number } {
    const idle = Math.max(0, this.#instances - this.#given);
    return { idle, ahead: this.#ahead && idle === 0 ? 2 * this.#instances - this.#given : 0 };
  }

  /**
   * @param betweenUs from the end of the run until it is seen
   * @param ended is given what frees the instance
   */
  run(tookUs: number, betweenUs: number, ended: (free: () => void) => void): void {
    this.#given++;
    const after = (us: number, then: () => void) => this.#clock.callAt(this.#clock.nowUs() + us, then);
    const seen = () => ended(() => this.#given--);
    const start = () => {
      this.#running++;
      after(tookUs, () => {
        this.#running--;
        if (betweenUs > 0) after(betweenUs, seen);
        else seen();
        this.#behind.shift()?.();
      });
    };
    if (this.#running < this.#instances) start();
    else this.#behind.push(start);
  }
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
    ...('timeoutUs' in setting && setting.timeoutUs && { scheduling: timeoutOf(setting.timeoutUs) }),
    unbatched: false,
  };
}

function timeoutOf(timeoutUs: number): SchedulingConfig {
  const policy: QueuePolicy = {
    timeoutAction: 'REJECT',
    defaultTimeoutUs: timeoutUs,
    allowTimeoutOverride: false,
    maxQueueSize: 0,
  };
  return {
    preserveOrdering: false,
    priorityLevels: 0,
    defaultPriorityLevel: 0,
    defaultQueuePolicy: policy,
    levelQueuePolicies: {},
    queuePolicyOf: () => policy,
    rateLimiter: null,
  };
}
