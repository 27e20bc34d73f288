import { type BatchOutput, DeviceArbiters, DeviceSeat, DynamicBatcher } from '../../batching';
import { Random } from './random';
import type { SimulatedCurve } from './scenarios';
import { SIMULATED_REQUEST } from './simulated-request';
import { VirtualClock } from './virtual-clock';

/** A model on the shared device. */
export interface SharingModel {
  readonly name: string;
  readonly curve: SimulatedCurve;
  readonly maxBatchSize: number;
  readonly deviceWeight: number;
  readonly deviceClass: 'foreground' | 'background';
  /** Requests a microsecond, Poisson; null: so many wait at all times that it would fill the device alone. */
  readonly rate: number | null;
  readonly instances?: number;
}

/** What one had of it after the first tenth of the time. */
export interface DeviceTime {
  readonly name: string;
  /** Microseconds that its batches ran. */
  readonly busyUs: number;
  readonly longestBatchUs: number;
  /** Of its answers, ascending. */
  readonly latenciesUs: readonly number[];
}

const WARM_UP_SHARE = 0.1;
const NOISE = 0.03;
const OUTPUTS: BatchOutput['outputs'] = [];

/**
 * Several models on one device that runs one batch at a time, in virtual time, with the engine's own batchers, seats and arbiter.
 * Service times are the curves' with log-normal noise of 3 %.
 */
export function shareDevice(
  models: readonly SharingModel[],
  untilUs: number,
  seed: number,
): readonly DeviceTime[] {
  const clock = new VirtualClock();
  const arbiters = new DeviceArbiters(clock, 1);
  const sharing = models.map((model, i) => new Sharer(model, clock, arbiters, new Random(seed * 101 + i)));
  for (const one of sharing) one.begin();
  while (clock.nowUs() < untilUs && clock.step());
  return sharing.map((one) => one.since(untilUs * WARM_UP_SHARE));
}

class Sharer {
  readonly #model: SharingModel;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #batcher: DynamicBatcher;
  readonly #batches: { readonly endedUs: number; readonly tookUs: number }[] = [];
  readonly #answers: { readonly sentUs: number; readonly latencyUs: number }[] = [];
  #idle: number;

  constructor(model: SharingModel, clock: VirtualClock, arbiters: DeviceArbiters, random: Random) {
    const { name, maxBatchSize, deviceWeight, deviceClass, instances = 1 } = model;
    this.#model = model;
    this.#clock = clock;
    this.#random = random;
    this.#idle = instances;
    const seat = new DeviceSeat({ deviceWeight, deviceClass, intraOpThreads: 1 }, () =>
      this.#batcher.instancesChanged(),
    );
    seat.moveTo(arbiters.of('shared'));
    const idle = () => this.#idle;
    let batchId = 0;
    const ignore = () => undefined;
    this.#batcher = new DynamicBatcher({
      model: name,
      version: '1',
      clock,
      gate: seat,
      policy: {
        maxBatchSize,
        preferredBatchSizes: [],
        maxQueueDelayUs: 0,
        maxQueueSize: 1_000_000,
        unbatched: false,
      },
      nextBatchId: () => ++batchId,
      observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
      runner: {
        get capacity() {
          return { idle: idle(), ahead: 0 };
        },
        run: (inputs, _outputNames, outcome) => {
          const tookUs = this.#serviceUs(inputs[0]?.shape[0] ?? 1);
          this.#idle--;
          clock.callAt(clock.nowUs() + tookUs, () => {
            const output = {
              outputs: OUTPUTS,
              computeInputUs: 0,
              computeInferUs: tookUs,
              computeOutputUs: 0,
            };
            this.#batches.push({ endedUs: clock.nowUs(), tookUs });
            outcome.returned(output);
            this.#idle++;
            outcome.done(output);
            this.#batcher.instancesChanged();
          });
          return name;
        },
      },
    });
  }

  begin(): void {
    const { rate, maxBatchSize, instances = 1 } = this.#model;
    if (rate !== null) this.#sendNext(rate);
    else for (let i = 0; i < 2 * maxBatchSize * instances; i++) this.#sendForEver();
  }

  since(fromUs: number): DeviceTime {
    const batches = this.#batches.filter(({ endedUs }) => endedUs > fromUs);
    return {
      name: this.#model.name,
      busyUs: batches.reduce((sum, { tookUs }) => sum + tookUs, 0),
      longestBatchUs: Math.max(0, ...batches.map(({ tookUs }) => tookUs)),
      latenciesUs: this.#answers
        .filter(({ sentUs }) => sentUs > fromUs)
        .map(({ latencyUs }) => latencyUs)
        .sort((a, b) => a - b),
    };
  }

  #serviceUs(rows: number): number {
    return this.#model.curve.meanUs(rows) * Math.exp(this.#random.normal() * NOISE);
  }

  #sendNext(rate: number): void {
    this.#clock.callAt(this.#clock.nowUs() + this.#random.exponential(1 / rate), () => {
      this.#sendNext(rate);
      this.#send(() => undefined);
    });
  }

  #sendForEver(): void {
    this.#send(() => this.#sendForEver());
  }

  #send(then: () => void): void {
    const sentUs = this.#clock.nowUs();
    const resolve = () => {
      this.#answers.push({ sentUs, latencyUs: this.#clock.nowUs() - sentUs });
      then();
    };
    this.#batcher.enqueue(SIMULATED_REQUEST, 1, '', { resolve, reject: then });
  }
}
