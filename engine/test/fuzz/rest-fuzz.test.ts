import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createLogStore, type Door, systemClock } from '../../base';
import { createHttpDoor } from '../../http';
import { IdentityDataPlane } from '../../testing';
import { inputAt, runFuzz } from './run-fuzz';

vi.setConfig({ testTimeout: 120_000 });

const MAX_REQUEST_BYTES = 1024 * 1024;
const SEED = 20_260_707;
const INPUTS = 3000;

let door: Door;
let port: number;
const clock = systemClock();
const logs = createLogStore({ level: 'error', file: null, wallMs: clock.wallMs });

beforeAll(async () => {
  door = createHttpDoor({
    dataPlane: new IdentityDataPlane(),
    logger: logs.logger,
    clock,
    options: {
      host: '127.0.0.1',
      port: 0,
      maxRequestBytes: MAX_REQUEST_BYTES,
      allowedHosts: [],
      allowNetwork: false,
    },
  });
  ({ port } = await door.start());
});

afterAll(async () => {
  await door.stop(0);
  await clock.close();
});

it('the REST door answers whatever it is sent as the protocol says, and others meanwhile', async () => {
  const report = await runFuzz({
    host: '127.0.0.1',
    port,
    inputs: INPUTS,
    seed: SEED,
    connections: 8,
    canary: { model: 'identity', output: 'x', answer: (x) => x },
    canaryPauseMs: 1,
  });
  expect(report.faults).toEqual([]);
  expect(report.inputs).toBe(INPUTS);
  expect(report.canaryRight).toBeGreaterThan(10);
  // Not one of them went the way of a fault in the door itself, and both outcomes were met.
  expect(logs.recent().filter(({ level }) => level === 'error')).toEqual([]);
  expect(report.statuses[200]).toBeGreaterThan(100);
  expect(report.statuses[400]).toBeGreaterThan(100);
});

it('an input is made of its seed and number alone', () => {
  for (let index = 0; index < 50; index++) expect(inputAt(SEED, index)).toEqual(inputAt(SEED, index));
  expect(inputAt(SEED, 1)).not.toEqual(inputAt(SEED + 1, 1));
});
