import { expect, test } from 'vitest';
import { FakeClock } from '../../testing';
import { InstanceScaler } from './instance-scaler';
import { obstacleToInstances } from './memory-headroom';

const SETTINGS = { instanceCount: 1, maxInstanceCount: 2, intraOpThreads: 2 };

/** A model whose n instances are busy all the time and answer `rowsPerSecond(n)`. */
function modelOf(rowsPerSecond: (count: number) => number, failure: string | null = null) {
  const clock = new FakeClock();
  const wanted: [count: number, threads: number][] = [];
  const told: string[] = [];
  let count = 1;
  const scaler = new InstanceScaler({
    clock,
    cpuBudget: 2,
    isOnCpu: () => true,
    load: () => ({ instances: count, running: count, waiting: 10 }),
    obstacle: () => null,
    want: async (wantedCount, threads) => {
      wanted.push([wantedCount, threads]);
      if (failure !== null && wantedCount > 1) throw new Error(failure);
      count = wantedCount;
    },
    onDecision: (text) => told.push(text),
  });
  const serve = async (seconds: number, isLoaded = true) => {
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      for (let i = 0; i < count && isLoaded; i++)
        scaler.batchEnded({ rows: rowsPerSecond(count) / 10 / count, queueUs: 200e3, runUs: 100e3 });
      await clock.advance(100e3);
    }
  };
  return { clock, scaler, serve, wanted, told };
}

test('on a CPU a step splits the threads, is measured, and is kept when it pays', async () => {
  const { scaler, serve, wanted, told } = modelOf((count) => 100 * count);
  scaler.begin(SETTINGS);
  await serve(20);
  expect(wanted).toEqual([[2, 1]]);
  expect(told.map((text) => text.replace(/\d+ rows/g, 'N rows'))).toEqual([
    '1 -> 2 instances: requests waited 200.0 ms for runs of 100.0 ms while the instances were 100 % busy; 1 threads each',
    '2 instances kept: N rows/s with 2 instances, 100 with 1',
  ]);
  await serve(30, false);
  expect(wanted).toEqual([[2, 1]]);
});

test('a step that does not pay is taken back with the threads of before', async () => {
  const { scaler, serve, wanted, told } = modelOf(() => 100);
  scaler.begin(SETTINGS);
  await serve(120);
  expect(wanted).toEqual([
    [2, 1],
    [1, 2],
  ]);
  expect(told[1]).toMatch(/^2 -> 1 instances: no gain, .*; 2 threads each$/);
});

test('an instance that cannot start leaves the others, says why, and is not tried in a loop', async () => {
  const { scaler, serve, wanted, told } = modelOf(() => 100, 'out of memory');
  scaler.begin(SETTINGS);
  await serve(120);
  expect(wanted).toEqual([
    [2, 1],
    [1, 2],
  ]);
  expect(told).toEqual(['1 instances stay: another could not start: out of memory']);
});

test('without room between least and most it keeps no timer; after stop it decides nothing', async () => {
  const { clock, scaler, serve, wanted } = modelOf((count) => 100 * count);
  scaler.begin({ ...SETTINGS, maxInstanceCount: 1 });
  expect(clock.pending).toBe(0);
  scaler.begin(SETTINGS);
  await serve(2);
  scaler.stop();
  await serve(20);
  expect([clock.pending, wanted.length]).toEqual([0, 0]);
});

test('further instances take at most half of what memory is free', () => {
  expect(obstacleToInstances(10 * 2 ** 20, 1, 100 * 2 ** 20)).toBeNull();
  expect(obstacleToInstances(30 * 2 ** 20, 1, 100 * 2 ** 20)).toBe(
    'another needs about 60 MiB, of 100 MiB free memory half may be used',
  );
  expect(obstacleToInstances(10 * 2 ** 20, 3, 100 * 2 ** 20)).toBe(
    '3 more need about 60 MiB, of 100 MiB free memory half may be used',
  );
});
