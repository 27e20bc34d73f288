import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Timer } from '../base';
import type { RateLimiterResource, ResourceLimit } from '../config';
import { VirtualClock } from '../testing/simulation/virtual-clock';
import { OPEN_GATE } from './device-gate';
import { DeviceArbiters, DeviceSeat } from './device-seat';
import { LimitedGate } from './limited-gate';
import { RateLimiter } from './rate-limiter';
import { ResourceLimits } from './resource-limits';

/** Of a lost instance, until it is replaced. */
const AWAY_US = 700;

interface Traits {
  readonly resources: readonly RateLimiterResource[];
  readonly priority: number;
  readonly deviceClass: 'foreground' | 'background';
  readonly deviceId: string;
  readonly instances: number;
  /** How long its batches run, by turns. */
  readonly runsUs: readonly number[];
}

/** The least that a scheduler is: wants to run batches, asks its gate, gives back what it took. */
class Model {
  readonly gate: LimitedGate;
  readonly seat: DeviceSeat | null = null;
  waiting = 0;
  readonly running = new Set<Timer>();
  /** Where its running batches are, as the gate knows it: of several it is the first that ends. */
  readonly places: string[] = [];
  isClosed = false;
  isWaiting = false;
  /** Batches of rivals that took what it lacked while it waited, by rival. */
  readonly passes = new Map<Model, number>();
  deviceId: string;
  #idle: number;
  #batches = 0;

  constructor(
    readonly world: World,
    readonly traits: Traits,
  ) {
    const { deviceClass, resources, priority, instances } = traits;
    this.#idle = instances;
    this.deviceId = traits.deviceId;
    if (world.arbiters)
      this.seat = new DeviceSeat({ deviceWeight: 1, deviceClass, intraOpThreads: 1 }, () => this.pump());
    const claim = { config: { resources, priority }, deviceClass, instances };
    this.gate = new LimitedGate(this.seat ?? OPEN_GATE, world.limiter, claim, () => this.pump());
    this.moveTo(traits.deviceId);
  }

  get turnCost(): number {
    return this.traits.priority / this.traits.instances;
  }

  moveTo(deviceId: string): void {
    this.deviceId = deviceId;
    if (this.world.arbiters) this.seat?.moveTo(this.world.arbiters.of(deviceId));
    this.gate.moveTo(deviceId);
    this.passes.clear();
  }

  pump(): void {
    for (;;) {
      if (this.waiting === 0 || this.#idle === 0) {
        this.gate.withdraw();
        this.isWaiting = false;
        this.passes.clear();
        return;
      }
      this.isWaiting = true;
      if (!this.gate.tryEnter({ rows: 1, predictedUs: null, deadlineUs: Number.POSITIVE_INFINITY })) return;
      this.isWaiting = false;
      this.passes.clear();
      this.waiting--;
      this.#idle--;
      this.#run();
      this.world.started(this);
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
    this.places.push(this.deviceId);
  }

  #back(timer: Timer): void {
    this.running.delete(timer);
    this.places.shift();
    this.gate.leave();
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
    this.isWaiting = false;
    this.gate.withdraw();
    this.gate.close();
    this.seat?.close();
  }
}

class World {
  readonly clock = new VirtualClock();
  readonly limiter: RateLimiter;
  readonly arbiters: DeviceArbiters | null;
  readonly models: Model[] = [];
  readonly faults: string[] = [];

  constructor(limits: readonly ResourceLimit[], withDevices: boolean) {
    this.limiter = new RateLimiter(this.clock, new ResourceLimits(limits));
    this.arbiters = withDevices ? new DeviceArbiters(this.clock, 3) : null;
  }

  /** What running batches have of each resource, counted by the models themselves. */
  takenOf(name: string, deviceId: string | null): number {
    return this.models.reduce((sum, { places, traits }) => {
      const count = traits.resources.find((one) => one.name === name)?.count ?? 0;
      return sum + places.filter((place) => deviceId === null || place === deviceId).length * count;
    }, 0);
  }

  started(model: Model): void {
    for (const { name, deviceId, limit, used } of this.limiter.resources) {
      const taken = this.takenOf(name, deviceId);
      // Where a large demand left, what ran then may be more than there is now: only where this one took there may be too much.
      const isHere = deviceId === null || deviceId === model.deviceId;
      const own = isHere && model.traits.resources.some((one) => one.name === name);
      if (own && taken > limit) this.faults.push(`${name}: ${taken} of ${limit} taken`);
      if (used < taken) this.faults.push(`${name}: ${taken} taken, ${used} known`);
    }
    for (const one of this.models) if (one.isWaiting && this.#passes(model, one)) this.#count(one, model);
  }

  /** It took what the other lacks now. */
  #passes(model: Model, other: Model): boolean {
    if (other === model) return false;
    return other.traits.resources.some(({ name, global, count }) => {
      if (!model.traits.resources.some((one) => one.name === name)) return false;
      if (!global && model.deviceId !== other.deviceId) return false;
      const deviceId = global ? null : other.deviceId;
      const limit = this.limiter.resources.find(
        (one) => one.name === name && one.deviceId === deviceId,
      )?.limit;
      return limit !== undefined && this.takenOf(name, deviceId) + count > limit;
    });
  }

  /** The bound: while one waits, a rival has as many turns as are worth one of its own, one more, and one that it was behind. */
  #count(waiting: Model, rival: Model): void {
    const passes = (waiting.passes.get(rival) ?? 0) + 1;
    waiting.passes.set(rival, passes);
    const bound = Math.ceil(waiting.turnCost / rival.turnCost) + 2;
    if (passes > bound) this.faults.push(`passed ${passes} times by one rival, bound ${bound}`);
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

const DEVICES = ['cpu', 'gpu:0'];
/** R and S are a device's own, G is global. */
const resources = fc.record({ R: fc.nat(3), S: fc.nat(3), G: fc.nat(3) }).map((counts) =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ name, count, global: name === 'G' })),
);
const LIMITS: readonly ResourceLimit[] = ['R', 'S', 'G'].map((name) => ({ name, count: 4, device: null }));

const traits = (classes: readonly Traits['deviceClass'][]): fc.Arbitrary<Traits> =>
  fc.record({
    resources,
    priority: fc.constantFrom(1, 2, 5),
    deviceClass: fc.constantFrom(...classes),
    deviceId: fc.constantFrom(...DEVICES),
    instances: fc.integer({ min: 1, max: 3 }),
    runsUs: fc.array(fc.integer({ min: 10, max: 3000 }), { minLength: 1, maxLength: 4 }),
  });

interface Step {
  readonly what: 'arrive' | 'cancel' | 'kill' | 'reload' | 'move';
  readonly who: number;
  readonly requests: number;
  readonly thenUs: number;
}

const steps = (others: readonly Step['what'][]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      what: fc.oneof(
        { weight: 6, arbitrary: fc.constant('arrive' as const) },
        { weight: 2, arbitrary: fc.constantFrom(...others) },
      ),
      who: fc.nat(6),
      requests: fc.integer({ min: 1, max: 12 }),
      thenUs: fc.integer({ min: 0, max: 3000 }),
    }),
    { minLength: 1, maxLength: 60 },
  );

function play(world: World, models: readonly Traits[], all: readonly Step[]): void {
  for (const one of models) world.models.push(new Model(world, one));
  for (const one of all) {
    take(world, one);
    world.advance(one.thenUs);
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
  if (what === 'move') model.moveTo(DEVICES[requests % 2] as string);
  if (what === 'reload') {
    model.close();
    world.models.push(new Model(world, model.traits));
  }
  model.pump();
}

test('resources are never overcommitted nor lost and every batch runs, whatever is cancelled, killed, reloaded and moved (property)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(LIMITS, []),
      fc.boolean(),
      fc.array(traits(['foreground', 'background']), { minLength: 1, maxLength: 6 }),
      steps(['cancel', 'kill', 'reload', 'move']),
      (limits, withDevices, models, all) => {
        const world = new World(limits, withDevices);
        play(world, models, all);
        expect(world.faults.filter((fault) => !fault.startsWith('passed'))).toEqual([]);
        for (const { waiting, running } of world.models) expect([waiting, running.size]).toEqual([0, 0]);
        for (const { used } of world.limiter.resources) expect(used).toBe(0);
        for (const model of world.models) if (!model.isClosed) model.close();
        expect(world.limiter.resources).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});

test('one that waits is passed by each rival no more often than priorities say, with newcomers and lost batches (property)', () => {
  fc.assert(
    fc.property(
      fc.array(traits(['foreground']), { minLength: 2, maxLength: 6 }),
      steps(['cancel', 'kill', 'reload']),
      (models, all) => {
        const world = new World(LIMITS, false);
        play(world, models, all);
        expect(world.faults).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});
