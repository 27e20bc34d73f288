import { beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../base';
import { buildRequest, FakeClock, fp32 } from '../testing';
import type { BatchOutcome } from './batch-runner';
import { DeviceArbiters, DeviceSeat } from './device-seat';
import { DynamicBatcher } from './dynamic-batcher';

let clock: FakeClock;
let arbiters: DeviceArbiters;
let running: string[];
let mostAtOnce: number;

beforeEach(() => {
  clock = new FakeClock();
  arbiters = new DeviceArbiters(clock, 2);
  running = [];
  mostAtOnce = 0;
});

interface Model {
  readonly batcher: DynamicBatcher;
  readonly seat: DeviceSeat;
  hadUs: number;
  answered: number;
  slowestUs: number;
  /** Sends one request; answered or refused, it counts. */
  send(): void;
}

/** A real batcher on the shared device, each batch taking `batchUs` on one of its instances. */
function model(
  name: string,
  batchUs: number,
  claim: {
    deviceWeight?: number;
    deviceClass?: 'foreground' | 'background';
    instances?: number;
    computedUs?: number;
  } = {},
): Model {
  const { deviceWeight = 1, deviceClass = 'foreground', instances = 1, computedUs = batchUs } = claim;
  let idle = instances;
  let id = 0;
  const seat = new DeviceSeat({ deviceWeight, deviceClass, intraOpThreads: 1 }, () =>
    made.batcher.instancesChanged(),
  );
  seat.moveTo(arbiters.of('cpu'));
  const run = (_inputs: unknown, _names: unknown, outcome: BatchOutcome): string => {
    idle--;
    running.push(name);
    mostAtOnce = Math.max(mostAtOnce, running.length);
    clock.callAt(clock.nowUs() + batchUs, () => {
      running.splice(running.indexOf(name), 1);
      made.hadUs += batchUs;
      const output = {
        outputs: [fp32('y', [1, 1], [1])],
        computeInputUs: 0,
        computeInferUs: computedUs,
        computeOutputUs: 0,
      };
      outcome.returned(output);
      idle++;
      made.batcher.instancesChanged();
      outcome.done(output);
    });
    return name;
  };
  const batcher = new DynamicBatcher({
    model: name,
    version: '1',
    clock,
    gate: seat,
    runner: {
      get capacity() {
        return { idle, ahead: 0 };
      },
      run,
    },
    policy: {
      maxBatchSize: 1,
      preferredBatchSizes: [],
      maxQueueDelayUs: 0,
      maxQueueSize: 1e6,
      unbatched: true,
    },
    nextBatchId: () => ++id,
    observer: {
      batchDone: () => undefined,
      batchFailed: () => undefined,
      requestDone: (result) => {
        made.slowestUs = Math.max(made.slowestUs, result.spans.totalUs);
      },
      requestFailed: () => undefined,
    },
  });
  const made: Model = {
    batcher,
    seat,
    hadUs: 0,
    answered: 0,
    slowestUs: 0,
    send: () => {
      const count = () => void made.answered++;
      batcher.submit(buildRequest([fp32('x', [1, 1], [1])]), 1, '').then(count, count);
    },
  };
  return made;
}

const saturate = ({ send }: Model, requests: number) => Array.from({ length: requests }, send);

describe('models on one device', () => {
  test('share it by weight while all want it, one batch at a time and without a gap', async () => {
    const models = [1, 2, 4].map((deviceWeight, i) =>
      model(`m${deviceWeight}`, 700 + 300 * i, { deviceWeight }),
    );
    for (const one of models) saturate(one, 2000);
    await clock.advance(700_000);
    const all = models.reduce((sum, { hadUs }) => sum + hadUs, 0);
    expect(all).toBeGreaterThan(700_000 - 2000);
    expect(mostAtOnce).toBe(1);
    models.forEach(({ hadUs }, i) => {
      expect(Math.abs(hadUs / all - 2 ** i / 7)).toBeLessThan(0.05 * (2 ** i / 7));
    });
  });

  test('one that is alone uses all its instances', async () => {
    const alone = model('alone', 1000, { instances: 3 });
    model('idle', 1000);
    saturate(alone, 3);
    await clock.advance(1000);
    expect(mostAtOnce).toBe(3);
  });

  test('one that was idle neither saved up a claim nor is punished', async () => {
    const busy = model('busy', 1000);
    const late = model('late', 1000);
    saturate(busy, 1000);
    await clock.advance(200_000);
    saturate(late, 1000);
    const before = busy.hadUs;
    await clock.advance(100_000);
    expect(Math.abs(busy.hadUs - before - late.hadUs)).toBeLessThanOrEqual(3000);
  });

  test('a background model holds a foreground request up by one of its batches at most', async () => {
    const front = model('front', 500);
    const back = model('back', 3000, { deviceClass: 'background', deviceWeight: 1000 });
    saturate(back, 1000);
    for (let i = 0; i < 100; i++) {
      front.send();
      await clock.advance(7300);
    }
    expect(front.answered).toBe(100);
    expect(front.slowestUs).toBeLessThanOrEqual(3500);
    expect(back.hadUs).toBeGreaterThan(500_000);
  });

  test('one with long batches is not kept waiting until others, slow to come back, have computed as much', async () => {
    const heavy = model('heavy', 70_000);
    const small = [1, 2, 3, 4].map((i) => model(`small${i}`, 5000, { computedUs: 100 }));
    for (const one of [heavy, ...small]) saturate(one, 2000);
    await clock.advance(7_000_000);
    expect(heavy.hadUs / 7_000_000).toBeGreaterThan(0.19);
    for (const { hadUs } of small) expect(hadUs / 7_000_000).toBeGreaterThan(0.19);
  });

  test('a change of weight counts from the next choice on', async () => {
    const a = model('a', 1000);
    const b = model('b', 1000);
    for (const one of [a, b]) saturate(one, 1000);
    await clock.advance(100_000);
    a.seat.claim({ deviceWeight: 3, deviceClass: 'foreground', intraOpThreads: 1 });
    const [hadA, hadB] = [a.hadUs, b.hadUs];
    await clock.advance(200_000);
    expect((a.hadUs - hadA) / (b.hadUs - hadB)).toBeCloseTo(3, 0);
  });

  test('one that is aborted and unloaded while its bid stands is in nobody’s way', async () => {
    const a = model('a', 1000);
    const b = model('b', 1000);
    saturate(a, 50);
    saturate(b, 50);
    await clock.advance(2500);
    a.batcher.abort(new EngineError('MODEL_NOT_READY', 'unloaded'));
    a.seat.close();
    await clock.advance(60_000);
    expect([a.answered, b.answered]).toEqual([50, 50]);
    expect(running).toEqual([]);
  });
});
