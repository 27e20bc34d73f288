import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, EngineError, silentLogger, systemClock } from '../base';
import type { LoadTestRun, LoadTestScenarioInput, ModelSummary } from '../contract';
import { FakeClock } from '../testing';
import { modelSettings, modelSummary } from '../testing/model-summary';
import { createLoadTestRunner, type LoadTestRunner } from './runner';

const paths = new Set<string>();
const server = createServer((request, response) => {
  paths.add(`${request.method} ${request.url}`);
  request.resume().on('end', () => response.end('{"model_name":"demo","outputs":[]}'));
});
const clock = systemClock();
let port = 0;
let dataPath: string;
let runner: LoadTestRunner;

beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await clock.close();
});
beforeEach(async () => {
  dataPath = await mkdtemp(join(tmpdir(), 'ferry-runner-'));
  runner = runnerFor(() => modelSummary({ settings: modelSettings({ maxQueueDelayUs: 1_000 }) }));
});
afterEach(async () => {
  await runner.close();
  await rm(dataPath, { recursive: true, force: true });
});

const runnerFor = (
  describeModel: (name: string, version: string | null) => ModelSummary,
  runsOn: Clock = clock,
) =>
  createLoadTestRunner({
    target: () => ({ host: '127.0.0.1', port }),
    dataPath,
    logger: silentLogger,
    clock: runsOn,
    describeModel,
    beatMs: 50,
  });

const scenario = (change: Partial<LoadTestScenarioInput> = {}): LoadTestScenarioInput => ({
  model: 'demo',
  executor: { kind: 'closed', clients: 2 },
  warmupMs: 100,
  durationMs: 500,
  ...change,
});

const over = () =>
  new Promise<LoadTestRun>((resolve) => {
    const end = runner.onChange((run) => {
      if (!run || !['finished', 'stopped', 'failed'].includes(run.state)) return;
      end();
      resolve(run);
    });
  });

describe('the load test runner', () => {
  it('runs a scenario against the door, live while it goes on, kept when it is over', async () => {
    expect(runner.current()).toBeNull();
    const states = new Set<string>();
    runner.onChange((run) => states.add(run?.state ?? 'none'));
    const ended = over();
    const started = await runner.start(scenario({ rowsPerRequest: 4, label: 'mine' }));
    expect(started.settingsNote).toBe('batching fixed, max batch 16, delay 1,000 µs, 1 instance, cpu');
    const run = await ended;
    expect(run).toMatchObject({ id: started.id, state: 'finished', measuredMs: 500, error: null });
    expect(run.counts.succeeded).toBeGreaterThan(0);
    expect(run.inferencesPerSecond).toBeCloseTo(run.achievedPerSecond * 4);
    // Whether a live update falls into the last few milliseconds ("stopping") is chance.
    expect([...states].filter((state) => state !== 'stopping')).toEqual([
      'starting',
      'warming-up',
      'running',
      'finished',
    ]);
    expect([...paths]).toEqual(['POST /v2/models/demo/infer']);
    expect(runner.current()).toEqual(run);
    expect(await runner.get(run.id)).toEqual(run);
    expect(JSON.parse(await readFile(join(dataPath, 'load-tests', `${run.id}.json`), 'utf8'))).toEqual(run);
    const { points: _, ...summary } = run;
    expect(await runner.list()).toEqual([summary]);
  });

  it('runs one at a time, and says so', async () => {
    const { id } = await runner.start(scenario({ durationMs: 60_000 }));
    await expect(runner.start(scenario())).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining(id),
    });
    await expect(runner.delete(id)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await runner.list()).map((run) => [run.id, run.state])).toEqual([[id, runner.current()?.state]]);
    await runner.stop();
    expect(runner.current()).toMatchObject({ id, state: 'stopped', error: null });
    expect((await runner.get(id)).finishedAtMs).not.toBeNull();
    const ended = over();
    await runner.start(scenario());
    expect((await ended).state).toBe('finished');
  });

  it('stops at once when it is asked to while it starts, and does nothing when there is nothing to stop', async () => {
    await runner.stop();
    const started = runner.start(scenario({ durationMs: 60_000 }));
    await runner.stop();
    await started;
    expect(runner.current()?.state).toBe('stopped');
  });

  it('is stopped and not failed when its thread is ended before it hears that it is to stop', async () => {
    const fake = new FakeClock();
    runner = runnerFor(() => modelSummary(), fake);
    const started = runner.start(scenario({ durationMs: 60_000 }));
    const stopped = runner.stop();
    await fake.advance(5_000_000);
    await Promise.all([started, stopped]);
    expect(runner.current()).toMatchObject({ state: 'stopped', error: null });
  });

  it('is over and kept when the engine closes, and starts nothing afterwards', async () => {
    const { id } = await runner.start(scenario({ durationMs: 60_000 }));
    await runner.close();
    expect((await runnerFor(() => modelSummary()).get(id)).state).toBe('stopped');
    await expect(runner.start(scenario())).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('lets a run be deleted', async () => {
    const ended = over();
    const { id } = await runner.start(scenario());
    await ended;
    await runner.delete(id);
    expect(runner.current()).toBeNull();
    expect(await runner.list()).toEqual([]);
    await expect(runner.get(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each<[string, string, Partial<LoadTestScenarioInput>, () => ModelSummary]>([
    ['INVALID_ARGUMENT', 'a scenario out of bounds', { durationMs: 1 }, () => modelSummary()],
    [
      'INVALID_ARGUMENT',
      'a scenario that does not fit the model',
      { rowsPerRequest: 17 },
      () => modelSummary(),
    ],
    ['MODEL_NOT_READY', 'a model that is not loaded', {}, () => modelSummary({ state: 'unavailable' })],
    [
      'MODEL_NOT_READY',
      'a version that is not loaded',
      { version: '2' },
      () => modelSummary({ versionsOnDisk: ['1', '2'] }),
    ],
    [
      'MODEL_UNKNOWN',
      'a model that is not there',
      {},
      () => {
        throw new EngineError('MODEL_UNKNOWN', 'no model "demo"');
      },
    ],
  ])('refuses with %s %s, and keeps nothing of it', async (code, _, change, describeModel) => {
    runner = runnerFor(describeModel);
    await expect(runner.start(scenario(change))).rejects.toMatchObject({ code });
    expect(runner.current()).toBeNull();
    expect(await runner.list()).toEqual([]);
  });

  it('finishes with the errors counted when nobody listens at the door', async () => {
    const nobody = createServer();
    await new Promise<void>((ready) => nobody.listen(0, '127.0.0.1', ready));
    const target = { host: '127.0.0.1', port: (nobody.address() as AddressInfo).port };
    await new Promise((closed) => nobody.close(closed));
    runner = createLoadTestRunner({
      target: () => target,
      dataPath,
      logger: silentLogger,
      clock,
      describeModel: () => modelSummary(),
    });
    const ended = over();
    await runner.start(scenario());
    expect(Object.keys((await ended).counts.errors)).toEqual(['connection refused']);
  });

  it('still shows a result that the disk would not take', async () => {
    dataPath = join(dataPath, 'file-not-folder');
    await writeFile(dataPath, '');
    runner = runnerFor(() => modelSummary());
    const ended = over();
    const { id } = await runner.start(scenario());
    expect((await ended).state).toBe('finished');
    expect((await runner.get(id)).counts.succeeded).toBeGreaterThan(0);
  });
});
