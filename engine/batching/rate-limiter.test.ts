import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../testing';
import { OPEN_GATE } from './device-gate';
import { DeviceArbiters, DeviceSeat } from './device-seat';
import { LimitedGate } from './limited-gate';
import { RateLimiter } from './rate-limiter';
import { ResourceLimits } from './resource-limits';

let clock: FakeClock;
let limiter: RateLimiter;
let running: string[];
let mostAtOnce: number;

beforeEach(() => {
  clock = new FakeClock();
  limiter = new RateLimiter(clock, new ResourceLimits([]));
  running = [];
  mostAtOnce = 0;
});

interface Traits {
  readonly priority?: number;
  readonly instances?: number;
  readonly runUs?: number;
  readonly global?: boolean;
  readonly deviceId?: string;
  readonly deviceClass?: 'foreground' | 'background';
  /** Its batches also wait for the device. */
  readonly arbiters?: DeviceArbiters;
}

const configOf = (wants: Record<string, number>, { priority = 1, global = false }: Traits = {}) => ({
  resources: Object.entries(wants).map(([name, count]) => ({ name, count, global })),
  priority,
});

/** The least that a scheduler is, and how many batches it has run. */
function model(name: string, wants: Record<string, number>, traits: Traits = {}) {
  const { instances = 1, runUs = 100, deviceId = 'cpu', deviceClass = 'foreground', arbiters } = traits;
  let idle = instances;
  const seat = arbiters && new DeviceSeat({ deviceWeight: 1, deviceClass, intraOpThreads: 1 }, () => pump());
  if (arbiters) seat?.moveTo(arbiters.of(deviceId));
  const claim = { config: configOf(wants, traits), deviceClass, instances };
  const gate = new LimitedGate(seat ?? OPEN_GATE, limiter, claim, () => pump());
  gate.moveTo(deviceId);
  const made = {
    gate,
    waiting: 0,
    had: 0,
    saturate: () => {
      made.waiting = Number.POSITIVE_INFINITY;
      pump();
    },
    send: () => {
      made.waiting++;
      pump();
    },
    stop: () => {
      made.waiting = 0;
      pump();
    },
    close: () => {
      made.waiting = 0;
      gate.withdraw();
      gate.close();
      seat?.close();
    },
  };
  const pump = (): void => {
    for (;;) {
      if (made.waiting === 0 || idle === 0) {
        gate.withdraw();
        return;
      }
      if (!gate.tryEnter({ rows: 1, predictedUs: null, deadlineUs: Number.POSITIVE_INFINITY })) return;
      made.waiting--;
      idle--;
      running.push(name);
      mostAtOnce = Math.max(mostAtOnce, running.length);
      clock.callAt(clock.nowUs() + runUs, () => {
        running.splice(running.indexOf(name), 1);
        made.had++;
        idle++;
        gate.leave();
        pump();
      });
    }
  };
  return made;
}

const limits = () => limiter.resources.map(({ name, deviceId, limit }) => [name, deviceId, limit]);

describe('resources', () => {
  test('are as many as the largest demand when nothing is said, and shrink when it is unloaded', () => {
    model('a', { R1: 4, R2: 4 });
    const b = model('b', { R2: 5, R3: 10, R4: 5 });
    model('c', { R1: 1, R3: 7, R4: 2 });
    expect(limits()).toEqual([
      ['R1', 'cpu', 4],
      ['R2', 'cpu', 5],
      ['R3', 'cpu', 10],
      ['R4', 'cpu', 5],
    ]);
    b.close();
    expect(limits()).toEqual([
      ['R1', 'cpu', 4],
      ['R2', 'cpu', 4],
      ['R3', 'cpu', 7],
      ['R4', 'cpu', 2],
    ]);
  });

  test('that are given hold for each device, for one, or for all of them together', () => {
    const given = new ResourceLimits(
      [
        { name: 'R1', count: 10, device: null },
        { name: 'R2', count: 5, device: 'gpu:0' },
        { name: 'R2', count: 8, device: 'nvidia-b' },
        { name: 'R3', count: 2, device: null },
      ],
      (id) => (id === 'nvidia-a' ? 'gpu:0' : null),
    );
    const of = (name: string, deviceId: string, global = false) =>
      given.of({ name, global, count: 1 }, deviceId);
    expect([of('R1', 'cpu'), of('R1', 'nvidia-a')]).toEqual([10, 10]);
    expect([of('R2', 'cpu'), of('R2', 'nvidia-a'), of('R2', 'nvidia-b')]).toEqual([0, 5, 8]);
    expect(of('R3', 'cpu', true)).toBe(2);
    expect(of('R2', 'cpu', true)).toBe(8);
    expect(of('unknown', 'cpu')).toBe(0);
  });

  test('that a model asks for and that are not there refuse it, naming resource, amount and limit', () => {
    limiter = new RateLimiter(clock, new ResourceLimits([{ name: 'R', count: 4, device: null }]));
    expect(() => limiter.check(configOf({ R: 4 }), 'cpu')).not.toThrow();
    expect(() => limiter.check(configOf({ R: 5, S: 1 }), 'cpu')).toThrow(
      expect.objectContaining({
        code: 'MODEL_INVALID',
        message: expect.stringMatching(
          /resources "R" has count 5; device "cpu" has 4 .*"S" has count 1; device "cpu" has 0/,
        ),
      }),
    );
  });

  test("cannot be global in one model and a device's own in another", () => {
    model('a', { R: 1 }, { global: true });
    expect(() => limiter.check(configOf({ R: 1 }), 'cpu')).toThrow(/"R" is a device's own; in other loaded/);
    expect(() => limiter.check(configOf({ R: 1 }, { global: true }), 'cpu')).not.toThrow();
  });

  test('of a device are its own, a global one is shared by all devices', async () => {
    const [a, b] = [model('a', { R: 1 }), model('b', { R: 1 }, { deviceId: 'gpu:0' })];
    for (const one of [a, b]) one.saturate();
    await clock.advance(1000);
    expect(mostAtOnce).toBe(2);
    for (const one of [a, b]) one.close();
    await clock.advance(1000);
    mostAtOnce = 0;
    const both = ['cpu', 'gpu:0'].map((deviceId) => model(deviceId, { G: 1 }, { deviceId, global: true }));
    for (const one of both) one.saturate();
    await clock.advance(1000);
    expect(mostAtOnce).toBe(1);
    expect(both.map(({ had }) => had)).toEqual([5, 5]);
  });

  test('limit the instances of one model too', async () => {
    limiter = new RateLimiter(clock, new ResourceLimits([{ name: 'R', count: 5, device: null }]));
    const a = model('a', { R: 2 }, { instances: 4 });
    a.saturate();
    await clock.advance(1000);
    expect(mostAtOnce).toBe(2);
  });
});

describe('turns', () => {
  test('go by priority: 2 has half as many as 1', async () => {
    const models = [1, 2, 4].map((priority) => model(`p${priority}`, { R: 1 }, { priority }));
    for (const one of models) one.saturate();
    await clock.advance(140 * 100);
    expect(models.map(({ had }) => had)).toEqual([80, 40, 20]);
  });

  test('are those of instances: two of them have twice as many', async () => {
    const [a, b] = [model('a', { R: 1 }, { instances: 2 }), model('b', { R: 1 })];
    for (const one of [a, b]) one.saturate();
    await clock.advance(300 * 100);
    expect([a.had, b.had]).toEqual([200, 100]);
  });

  test('that were not wanted are not saved up: one that comes late shares from there on', async () => {
    const [early, late] = [model('early', { R: 1 }), model('late', { R: 1 })];
    early.saturate();
    await clock.advance(100_000);
    late.saturate();
    const before = early.had;
    await clock.advance(10_000);
    expect(Math.abs(early.had - before - late.had)).toBeLessThanOrEqual(1);
  });

  test('a model that links slow and quick ones neither waits for the slow nor starves the quick', async () => {
    const quick = model('quick', { R1: 1 }, { runUs: 100 });
    const slow = model('slow', { R2: 1 }, { runUs: 1000 });
    for (const one of [quick, slow]) one.saturate();
    await clock.advance(50_000);
    const link = model('link', { R1: 1, R2: 1 }, { runUs: 100 });
    link.saturate();
    const before = [quick.had, slow.had];
    await clock.advance(30_000);
    expect(link.had).toBeGreaterThan(22);
    expect(quick.had - (before[0] ?? 0)).toBeGreaterThan(22);
    expect(slow.had - (before[1] ?? 0)).toBeGreaterThan(22);
  });

  test('a large demand is not passed by small ones for ever', async () => {
    limiter = new RateLimiter(clock, new ResourceLimits([{ name: 'R', count: 4, device: null }]));
    const small = [30, 70, 110].map((runUs) => model(`small${runUs}`, { R: 1 }, { runUs, instances: 2 }));
    const large = model('large', { R: 4 });
    for (const one of [...small, large]) one.saturate();
    await clock.advance(30_000);
    expect(large.had).toBeGreaterThan(24);
    for (const { had } of small) expect(had).toBeGreaterThan(24);
  });
});

describe('resources and the device', () => {
  test('a foreground model keeps what it took while it waits for the device, and is not passed', async () => {
    const arbiters = new DeviceArbiters(clock, 2);
    const [a, b] = ['a', 'b'].map((name) => model(name, { R: 1 }, { arbiters }));
    const free = model('free', {}, { arbiters, runUs: 1000 });
    for (const one of [a, b, free]) one?.saturate();
    await clock.advance(120_000);
    expect(mostAtOnce).toBe(1);
    expect(Math.abs((a?.had ?? 0) - (b?.had ?? 0))).toBeLessThanOrEqual(1);
    expect(a?.had).toBeGreaterThan(90);
  });

  test('a background model that the device has no time for keeps nobody from its resources', async () => {
    const arbiters = new DeviceArbiters(clock, 2);
    const back = model('back', { G: 1 }, { arbiters, global: true, deviceClass: 'background' });
    const front = model('front', {}, { arbiters, instances: 2 });
    const elsewhere = model('elsewhere', { G: 1 }, { arbiters, global: true, deviceId: 'gpu:0' });
    front.saturate();
    back.saturate();
    await clock.advance(10_000);
    elsewhere.saturate();
    await clock.advance(10_000);
    expect(elsewhere.had).toBeGreaterThan(95);
    elsewhere.stop();
    front.stop();
    await clock.advance(10_000);
    expect(back.had).toBeGreaterThan(95);
  });

  test('what is held for a batch that does not come is given back', async () => {
    const arbiters = new DeviceArbiters(clock, 2);
    const busy = model('busy', {}, { arbiters, runUs: 100_000 });
    busy.send();
    const holder = model('holder', { G: 1 }, { arbiters, global: true });
    const other = model('other', { G: 1 }, { arbiters, global: true, deviceId: 'gpu:0' });
    holder.send();
    other.send();
    await clock.advance(1000);
    expect(other.had).toBe(0);
    holder.stop();
    await clock.advance(1000);
    expect(other.had).toBe(1);
    expect(limiter.resources).toMatchObject([{ used: 0 }]);
  });

  test('a model that is unloaded or moves to another device leaves nothing taken behind', async () => {
    const a = model('a', { R: 1 });
    a.send();
    a.gate.moveTo('gpu:0');
    expect(limiter.resources).toMatchObject([
      { deviceId: 'cpu', used: 1 },
      { deviceId: 'gpu:0', used: 0 },
    ]);
    await clock.advance(1000);
    expect(limiter.resources).toMatchObject([{ deviceId: 'gpu:0', used: 0 }]);
    a.send();
    a.close();
    expect(limiter.resources).toMatchObject([{ used: 1 }]);
    await clock.advance(1000);
    expect(limiter.resources).toEqual([]);
  });
});
