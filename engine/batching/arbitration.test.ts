import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Timer } from '../base';
import { VirtualClock } from '../testing/simulation/virtual-clock';
import type { DeviceArbiter } from './device-arbiter';
import { DeviceArbiters, DeviceSeat } from './device-seat';

/** Of a lost instance, until it is replaced. */
const AWAY_US = 700;

interface Traits {
  readonly deviceWeight: number;
  readonly deviceClass: 'foreground' | 'background';
  readonly intraOpThreads: number;
  readonly instances: number;
  /** How long its batches have the device, by turns. */
  readonly runsUs: readonly number[];
}

/** The least that a scheduler is: wants to run batches, asks its seat, gives the device back. Notes how long it waits. */
class Model {
  readonly seat: DeviceSeat;
  readonly longestUs: number;
  waiting = 0;
  readonly running = new Set<Timer>();
  isClosed = false;
  /** Its bid stands since then. */
  bidSince: number | null = null;
  #idle: number;
  #batches = 0;

  constructor(
    readonly world: World,
    readonly traits: Traits,
  ) {
    this.#idle = traits.instances;
    this.longestUs = Math.max(...traits.runsUs);
    this.seat = new DeviceSeat(traits, () => this.pump());
    this.seat.moveTo(world.arbiter);
  }

  get isActive(): boolean {
    return !this.isClosed && (this.bidSince !== null || this.running.size > 0);
  }

  pump(): void {
    for (;;) {
      if (this.waiting === 0 || this.#idle === 0) {
        this.seat.withdraw();
        this.bidSince = null;
        return;
      }
      this.bidSince ??= this.world.clock.nowUs();
      const others = this.world.models.some((one) => one !== this && one.isActive);
      if (!this.seat.tryEnter({ rows: 1, predictedUs: null, deadlineUs: Number.POSITIVE_INFINITY })) return;
      this.world.granted(this, others);
      this.bidSince = null;
      this.waiting--;
      this.#idle--;
      this.#run();
    }
  }

  #run(): void {
    const { clock } = this.world;
    const { runsUs } = this.traits;
    const tookUs = runsUs[this.#batches++ % runsUs.length] ?? 1;
    const timer: Timer = clock.callAt(clock.nowUs() + tookUs, () => {
      this.#idle++;
      this.#back(timer);
    });
    this.running.add(timer);
  }

  #back(timer: Timer): void {
    this.running.delete(timer);
    this.seat.leave();
    this.pump();
  }

  /** Its instances die in their batches, and come back after a while. */
  kill(): void {
    const { clock } = this.world;
    for (const timer of [...this.running]) {
      timer.cancel();
      this.#back(timer);
      clock.callAt(clock.nowUs() + AWAY_US, () => {
        this.#idle++;
        this.pump();
      });
    }
  }

  /** Unloaded, with batches still under way. */
  close(): void {
    this.isClosed = true;
    this.waiting = 0;
    this.bidSince = null;
    this.seat.close();
  }
}

class World {
  readonly clock = new VirtualClock();
  readonly arbiter: DeviceArbiter;
  readonly models: Model[] = [];
  /** Those that wait beyond the bound. */
  readonly starved: string[] = [];

  constructor(readonly cores: number) {
    this.arbiter = new DeviceArbiters(this.clock, cores).of('cpu');
  }

  /** Threads of all running batches, counted by the models themselves; those of an unloaded one are let go with it. */
  get threads(): number {
    return this.models
      .filter(({ isClosed }) => !isClosed)
      .reduce((sum, { running, traits }) => sum + running.size * this.#tokens(traits), 0);
  }

  #tokens({ intraOpThreads }: Traits): number {
    return Math.min(intraOpThreads, this.arbiter.tokens);
  }

  granted(model: Model, others: boolean): void {
    const own = this.#tokens(model.traits);
    if (others) expect(this.threads + own).toBeLessThanOrEqual(this.arbiter.tokens);
    expect(this.arbiter.tokensInUse).toBe(this.threads + own);
    this.#checkBound(model);
  }

  /**
   * The bound of start-time fair queueing, on a device that runs one batch at a time. Who bids is ahead of the others by its own last
   * batches at most (as many as its instances ran while it was alone); they may have as much, by weight, and one batch each beyond it,
   * or two, as what a batch takes is not known before. And batches were running when the bid was made, its own among them.
   */
  #checkBound({ bidSince, traits, longestUs, seat }: Model): void {
    if (bidSince === null || this.arbiter.tokens > 1) return;
    const waitedUs = this.clock.nowUs() - bidSince;
    const rivals = this.models.filter((one) => one.seat !== seat);
    const aheadUs = (longestUs * traits.instances) / traits.deviceWeight;
    const boundUs = rivals.reduce(
      (sum, one) => sum + one.traits.deviceWeight * aheadUs + 2 * one.longestUs,
      Math.max(longestUs, ...rivals.map((one) => one.longestUs)),
    );
    if (waitedUs > boundUs) this.starved.push(`waited ${waitedUs} us, bound ${boundUs} us`);
  }

  /** Fires what falls due. */
  advance(byUs: number): void {
    const endUs = this.clock.nowUs() + byUs;
    let reached = false;
    this.clock.callAt(endUs, () => {
      reached = true;
    });
    while (!reached) this.clock.step();
  }
}

const traits = (classes: readonly Traits['deviceClass'][]): fc.Arbitrary<Traits> =>
  fc.record({
    deviceWeight: fc.constantFrom(1, 2, 4, 100),
    deviceClass: fc.constantFrom(...classes),
    intraOpThreads: fc.integer({ min: 1, max: 3 }),
    instances: fc.integer({ min: 1, max: 3 }),
    runsUs: fc.array(fc.integer({ min: 10, max: 5000 }), { minLength: 1, maxLength: 4 }),
  });

interface Step {
  readonly what: 'arrive' | 'cancel' | 'kill' | 'reload';
  readonly who: number;
  readonly requests: number;
  readonly thenUs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constant('arrive' as const) },
    { weight: 1, arbitrary: fc.constantFrom('cancel' as const, 'kill' as const, 'reload' as const) },
  ),
  who: fc.nat(5),
  requests: fc.integer({ min: 1, max: 8 }),
  thenUs: fc.integer({ min: 0, max: 4000 }),
});

function play(world: World, models: readonly Traits[], steps: readonly Step[]): void {
  for (const one of models) world.models.push(new Model(world, one));
  for (const one of steps) {
    take(world, one);
    world.advance(one.thenUs);
    // A turn that is due in this instant, and those that it leads to, are still to come.
    for (const _ of world.models) world.advance(0);
    if (world.models.some(({ bidSince }) => bidSince !== null))
      expect(world.arbiter.tokensInUse).toBeGreaterThan(0);
  }
  // Nobody comes any more: everything that waits is run.
  world.advance(10_000_000);
}

function take(world: World, { what, who, requests }: Step): void {
  const model = world.models[who % world.models.length] as Model;
  if (model.isClosed) return;
  if (what === 'arrive') model.waiting += requests;
  if (what === 'cancel') model.waiting = 0;
  if (what === 'kill') model.kill();
  if (what === 'reload') {
    model.close();
    world.models.push(new Model(world, model.traits));
  }
  model.pump();
}

test('every bid is served in the end, threads are never overcommitted nor lost, whatever is cancelled, killed and reloaded (property)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.array(traits(['foreground', 'background']), { minLength: 1, maxLength: 5 }),
      fc.array(step, { minLength: 1, maxLength: 60 }),
      (cores, models, steps) => {
        const world = new World(cores);
        play(world, models, steps);
        for (const { waiting, running } of world.models) expect([waiting, running.size]).toEqual([0, 0]);
        expect(world.arbiter.tokensInUse).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});

test('no bid stands for longer than the bound of fair queueing, with newcomers, returners and lost batches (property)', () => {
  fc.assert(
    fc.property(
      fc.array(traits(['foreground']), { minLength: 2, maxLength: 5 }),
      fc.array(step, { minLength: 1, maxLength: 80 }),
      (models, steps) => {
        const world = new World(2);
        play(world, models, steps);
        expect(world.starved).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});
