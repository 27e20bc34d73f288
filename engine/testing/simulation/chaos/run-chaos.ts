import { Random } from '../random';
import type { VirtualClock } from '../virtual-clock';
import { ChaosModel } from './chaos-model';
import { type ChaosWorld, chaosWorld } from './chaos-world';
import type { Ledger } from './ledger';
import { MODEL_KINDS } from './model-kinds';
import { Operator } from './operator';
import { SequenceClient } from './sequence-client';
import { type Clients, Traffic } from './traffic';

export interface ChaosOptions {
  readonly seed: number;
  readonly virtualSeconds: number;
  /** Bytes in use after a collection. */
  readonly heapBytes: () => number;
  readonly tamper?: ChaosWorld['tamper'];
}

/** Sizes of what the engine and the run keep, at a moment when no request is under way. */
export interface ChaosMark {
  readonly heapBytes: number;
  readonly timers: number;
  readonly instances: number;
}

export interface ChaosReport {
  readonly seed: number;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly requests: number;
  /** How requests ended: "right", or an error code. */
  readonly endings: Readonly<Record<string, number>>;
  readonly batches: number;
  readonly meanBatch: number;
  readonly settingsChanged: number;
  readonly versionsLoaded: number;
  readonly versionsGone: number;
  readonly gaveUp: number;
  readonly evictions: number;
  readonly coldStarts: number;
  /** Batches that began while another model ran on the device. */
  readonly sharedBatches: number;
  /** What became of batches and instances. */
  readonly device: Readonly<Record<string, number>>;
  /** After each quarter. */
  readonly marks: readonly ChaosMark[];
}

const QUARTERS = 4;
const SEQUENCE_CLIENTS = 12;
const SWEEP_EVERY_US = 500_000;
/** All that waits is answered, and all that ends by itself ends, within this. */
const REST_LIMIT_US = 200e6;
/** Sequences are forgotten meanwhile, lost instances replaced. */
const REST_US = 15e6;

/**
 * An engine's models on one device in virtual time, with its own scheduler, instance pools, scaling, arbiter and residency, while
 * everything that can happen to them does. Rejects at the first thing that is not as it must be, with the seed and what happened last.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  return await new ChaosRun(options).run();
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #clock: VirtualClock;
  readonly #ledger: Ledger;
  readonly #world: ChaosWorld;
  readonly #models: readonly ChaosModel[];
  readonly #clients: readonly Clients[];
  #events = 0;
  #sweepUs = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    const randomOf = (part: number) => new Random(options.seed * 1009 + part);
    this.#world = chaosWorld(randomOf(0), options.tamper);
    const { clock, ledger, device } = this.#world;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#models = MODEL_KINDS.map((kind) => new ChaosModel(kind, this.#world));
    for (const model of this.#models) this.#world.memory.add(model);
    this.#clients = [
      ...this.#models.flatMap((model, i): readonly Clients[] =>
        model.kind.sequence === null
          ? [new Traffic(model, clock, randomOf(1 + i))]
          : Array.from(
              { length: SEQUENCE_CLIENTS },
              (_, j) => new SequenceClient(model, j + 1, clock, randomOf(1000 + 100 * i + j)),
            ),
      ),
      new Operator(this.#models, device, ledger, clock, randomOf(999)),
    ];
  }

  async run(): Promise<ChaosReport> {
    const { virtualSeconds } = this.#options;
    const marks: ChaosMark[] = [];
    for (let quarter = 0; quarter < QUARTERS; quarter++) {
      for (const clients of this.#clients) clients.begin();
      const endUs = this.#clock.nowUs() + (virtualSeconds * 1e6) / QUARTERS;
      await this.#until(endUs, () => false);
      marks.push(await this.#rest());
    }
    await this.#close();
    return this.#report(marks);
  }

  /** Everybody stops asking; nothing may be left over then. */
  async #rest(): Promise<ChaosMark> {
    for (const clients of this.#clients) clients.pause();
    const limitUs = this.#clock.nowUs() + REST_LIMIT_US;
    await this.#until(limitUs, () => this.#ledger.open.size === 0 && this.#models.every(({ busy }) => !busy));
    await this.#until(this.#clock.nowUs() + REST_US, () => false);
    const { open } = this.#ledger;
    if (open.size > 0) this.#ledger.fault(`${open.size} requests are left over`);
    const fault = this.#world.memory.fault();
    if (fault !== null) this.#ledger.fault(fault);
    this.#judge();
    const { alive } = this.#world.device;
    return { heapBytes: this.#options.heapBytes(), timers: this.#clock.size, instances: alive.size };
  }

  /** All models are unloaded; neither instances nor timers may be left. */
  async #close(): Promise<void> {
    for (const model of this.#models) void model.unload(30e6);
    await this.#until(this.#clock.nowUs() + REST_LIMIT_US, () => this.#clock.size === 0);
    for (const model of this.#models) model.checkCounters();
    const alive = [...this.#world.device.alive].map(({ name }) => name);
    if (alive.length > 0) this.#ledger.fault(`instances are left over: ${alive.join()}`);
    if (this.#clock.size > 0) this.#ledger.fault(`${this.#clock.size} timers are left over`);
    this.#judge();
  }

  /** Event by event, each with all that follows from it, until then or until `done`. */
  async #until(endUs: number, done: () => boolean): Promise<void> {
    let isOver = false;
    const end = this.#clock.callAt(endUs, () => {
      isOver = true;
    });
    while (!isOver && !done() && this.#clock.step()) {
      await turn();
      this.#events++;
      for (const model of this.#models) model.check();
      if (this.#clock.nowUs() >= this.#sweepUs) {
        this.#ledger.sweep();
        this.#sweepUs = this.#clock.nowUs() + SWEEP_EVERY_US;
      }
      if (this.#ledger.faults.length > 0) this.#judge();
    }
    end.cancel();
  }

  #judge(): void {
    const { faults, journal } = this.#ledger;
    if (faults.length === 0) return;
    const atS = (this.#clock.nowUs() / 1e6).toFixed(3);
    throw new Error(
      `chaos with seed ${this.#options.seed} after ${atS} virtual seconds: ${faults.join('; ')}\nbefore that:\n  ${journal.join('\n  ')}`,
    );
  }

  #report(marks: readonly ChaosMark[]): ChaosReport {
    const sum = (part: (model: ChaosModel) => number) =>
      this.#models.reduce((total, model) => total + part(model), 0);
    const batches = sum(({ done }) => done.batches);
    return {
      seed: this.#options.seed,
      virtualSeconds: this.#options.virtualSeconds,
      events: this.#events,
      requests: this.#ledger.asked,
      endings: this.#ledger.endings,
      batches,
      meanBatch: Number((sum(({ done }) => done.rows) / batches).toFixed(2)),
      settingsChanged: sum(({ done }) => done.applied),
      versionsLoaded: sum(({ done }) => done.opened),
      versionsGone: sum(({ done }) => done.closed),
      gaveUp: sum(({ done }) => done.gaveUp),
      evictions: sum(({ evictions }) => evictions),
      coldStarts: sum(({ done }) => done.coldStarts),
      sharedBatches: this.#world.watch.shared,
      device: this.#world.device.tally,
      marks,
    };
  }
}

/** Every promise callback runs before the next event. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
