import { EngineError } from '../../../base';
import {
  type Instance,
  type InstanceLoss,
  type InstanceState,
  moveInstance,
  type RunOutput,
} from '../../../instances';
import type { NamedTensor } from '../../../tensor';
import type { Random } from '../random';
import type { VirtualClock } from '../virtual-clock';
import { PLANNED } from './ledger';

/** What becomes of a batch. */
type Fate = 'right' | 'batch-fails' | 'thread-dies' | 'device-lost' | 'hangs' | 'does-not-fit';

const LOAD_US = 40_000;
const STOP_US = 1_000;
/** Somebody kills a batch that hangs. */
const HANG_US = 4e6;
const NOISE = 0.03;
const SPIKE_SHARE = 0.01;
const SPIKE = 1.5;
/** Chances of a batch, the rest goes well. */
const FATES: readonly (readonly [Fate, number])[] = [
  ['batch-fails', 0.002],
  ['thread-dies', 0.001],
  ['device-lost', 0.000_2],
  ['hangs', 0.000_1],
];

/** The device under all models of a run: what it computes, how long that takes, and how it fails. */
export interface VirtualDevice {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Instances cannot start before. */
  refusesStartsUntilUs: number;
  /** Batches of more rows do not fit into memory. */
  fittingRows: number;
  /** Instances that have been asked to start and have not ended. */
  readonly alive: Set<VirtualInstance>;
  readonly tally: Record<Fate | 'starts' | 'startsRefused' | 'kills', number>;
}

/** What the instances of one model do. */
export interface VirtualModel {
  readonly meanUs: (rows: number) => number;
  /** Called as soon as a batch is handed over by the scheduler; not for a warm-up. */
  readonly onBatch: (instance: string, inputs: readonly NamedTensor[]) => void;
  /** A batch is on its way back, well or not; not for a warm-up. */
  readonly onReturned: (instance: string) => void;
  /** A batch did not fit into memory; not for a warm-up. */
  readonly onUnfit: (instance: string, inputs: readonly NamedTensor[]) => void;
  readonly compute: (instance: string, inputs: readonly NamedTensor[]) => readonly NamedTensor[];
}

interface Run {
  readonly isWarmup: boolean;
  readonly inputs: readonly NamedTensor[];
  readonly resolve: (output: RunOutput) => void;
  readonly reject: (error: EngineError) => void;
}

export function virtualDevice(clock: VirtualClock, random: Random): VirtualDevice {
  const fates = {
    ...{ right: 0, 'batch-fails': 0, 'thread-dies': 0, 'device-lost': 0, hangs: 0, 'does-not-fit': 0 },
  };
  return {
    clock,
    random,
    refusesStartsUntilUs: 0,
    fittingRows: Number.POSITIVE_INFINITY,
    alive: new Set(),
    tally: { ...fates, starts: 0, startsRefused: 0, kills: 0 },
  };
}

/** An instance in virtual time, with the states and promises of a real one, that fails as real ones do. */
export class VirtualInstance implements Instance {
  onLost: ((message: string, code: InstanceLoss) => void) | null = null;
  readonly provider = 'cpu';
  readonly providerNotes = [];
  #state: InstanceState = 'starting';
  /** The first one runs, a second one waits behind it. */
  readonly #runs: Run[] = [];
  #loading: { resolve: () => void; reject: (error: EngineError) => void } | null = null;
  #idleAgain: (() => void) | null = null;

  constructor(
    readonly name: string,
    private readonly model: VirtualModel,
    private readonly device: VirtualDevice,
  ) {}

  get state(): InstanceState {
    return this.#state;
  }

  start(): Promise<void> {
    this.device.tally.starts++;
    this.device.alive.add(this);
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.#after(LOAD_US * (0.5 + this.device.random.uniform()), () => this.#loaded());
    });
  }

  run(inputs: readonly NamedTensor[]): Promise<RunOutput> {
    this.#state = moveInstance(this.#state, 'busy');
    // Nobody sends zeros only.
    const isWarmup = inputs[0]?.data.every((byte) => byte === 0) === true;
    if (!isWarmup) this.model.onBatch(this.name, inputs);
    // As a thread that they are transferred to, it leaves nothing of the buffers behind.
    const own = inputs.map((input) => ({ ...input, data: input.data.slice() }));
    for (const { data } of inputs) new Uint8Array(data.buffer).fill(0xee);
    return new Promise((resolve, reject) => {
      this.#runs.push({ isWarmup, inputs: own, resolve, reject });
      if (this.#runs.length === 1) this.#begin();
    });
  }

  async stop(): Promise<void> {
    if (this.#state === 'busy') await new Promise<void>((resolve) => (this.#idleAgain = resolve));
    if (this.#state !== 'idle' && this.#state !== 'starting') return;
    this.#state = moveInstance(this.#state, 'stopping');
    await new Promise<void>((resolve) => this.#after(STOP_US, resolve));
    this.#move('stopped');
  }

  async kill(why = 'it was killed'): Promise<void> {
    this.device.tally.kills++;
    this.#lost(why);
  }

  #loaded(): void {
    const loading = this.#loading;
    this.#loading = null;
    if (this.#state !== 'starting') {
      loading?.reject(new EngineError('MODEL_NOT_READY', `${this.name} was stopped while it loaded`));
    } else if (this.device.clock.nowUs() < this.device.refusesStartsUntilUs) {
      this.device.tally.startsRefused++;
      this.#move('failed');
      loading?.reject(new EngineError('INSTANCE_LOST', `${this.name} cannot start, ${PLANNED}`));
    } else {
      this.#state = moveInstance(this.#state, 'idle');
      loading?.resolve();
    }
  }

  #begin(): void {
    const [run] = this.#runs;
    if (!run) return;
    const rows = run.inputs[0]?.shape[0] ?? 1;
    const drawn = run.isWarmup ? 'right' : drawFate(this.device.random);
    const fate = drawn === 'right' && rows > this.device.fittingRows ? 'does-not-fit' : drawn;
    const us = fate === 'hangs' ? HANG_US : this.#serviceUs(rows);
    this.#after(us, () => {
      if (this.#runs[0] === run) this.#end(run, fate, us);
    });
  }

  #serviceUs(rows: number): number {
    const { random } = this.device;
    const spike = random.uniform() < SPIKE_SHARE ? SPIKE : 1;
    return this.model.meanUs(rows) * Math.exp(random.normal() * NOISE) * spike;
  }

  #end(run: Run, fate: Fate, us: number): void {
    this.device.tally[fate]++;
    if (fate === 'device-lost') this.#lost(`its device is gone, ${PLANNED}`, 'DEVICE_LOST');
    else if (fate === 'thread-dies' || fate === 'hangs') this.#lost(`its thread ended, ${PLANNED}`);
    else this.#comeBack(run, fate, us);
  }

  #comeBack(run: Run, fate: 'right' | 'batch-fails' | 'does-not-fit', us: number): void {
    this.#runs.shift();
    if (!run.isWarmup) this.model.onReturned(this.name);
    if (!run.isWarmup && fate === 'does-not-fit') this.model.onUnfit(this.name, run.inputs);
    this.#state = moveInstance(this.#state, this.#runs.length > 0 ? 'busy' : 'idle');
    if (fate === 'batch-fails') run.reject(new EngineError('BACKEND_FAILED', `the model failed, ${PLANNED}`));
    else if (fate === 'does-not-fit')
      run.reject(new EngineError('OUT_OF_MEMORY', `the batch does not fit, ${PLANNED}`));
    else
      run.resolve({
        outputs: this.model.compute(this.name, run.inputs),
        computeInputUs: 0,
        computeInferUs: us,
        computeOutputUs: 0,
      });
    if (this.#runs.length > 0) {
      this.#begin();
      return;
    }
    this.#idleAgain?.();
    this.#idleAgain = null;
  }

  #lost(why: string, code: InstanceLoss = 'INSTANCE_LOST'): void {
    if (this.#state === 'failed' || this.#state === 'stopped') return;
    const wasServing = this.#state === 'idle' || this.#state === 'busy';
    this.#move('failed');
    const error = new EngineError(code, `instance ${this.name} was lost: ${why}`, { retryAfterSeconds: 1 });
    this.#loading?.reject(error);
    this.#loading = null;
    for (const run of this.#runs.splice(0)) {
      if (!run.isWarmup) this.model.onReturned(this.name);
      run.reject(error);
    }
    this.#idleAgain?.();
    this.#idleAgain = null;
    if (wasServing) this.onLost?.(error.message, code);
  }

  #move(end: 'stopped' | 'failed'): void {
    this.#state = moveInstance(this.#state, end);
    this.device.alive.delete(this);
  }

  #after(us: number, fire: () => void): void {
    const { clock } = this.device;
    clock.callAt(clock.nowUs() + us, fire);
  }
}

function drawFate(random: Random): Fate {
  let left = random.uniform();
  for (const [fate, chance] of FATES) {
    left -= chance;
    if (left < 0) return fate;
  }
  return 'right';
}
