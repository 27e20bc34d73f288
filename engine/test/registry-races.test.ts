import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Logger, silentLogger, systemClock } from '../base';
import type { SessionSpec } from '../inference';
import { type Instance, ThreadInstance } from '../instances';
import { DeviceBusy } from '../metrics';
import { ModelRegistry } from '../models';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { simulatedConfig } from './arithmetic-models';
import { waitUntil } from './wait-until';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: TemporaryFolder;
let registry: ModelRegistry;
let messages: string[];
/** Instances start when this says so. */
let mayStart: Promise<void>;
const clock = systemClock();

function heard(): Logger {
  const logger: Logger = { ...silentLogger, info: (message) => messages.push(message), child: () => logger };
  return logger;
}

function heldBack(name: string, spec: SessionSpec): Instance {
  const instance = new ThreadInstance(name, spec, clock);
  const start = instance.start.bind(instance);
  instance.start = () => mayStart.then(start);
  return instance;
}

beforeEach(async () => {
  folder = temporaryFolder();
  folder.write({ 'models/m/config.pbtxt': simulatedConfig({ baseUs: 0 }) });
  messages = [];
  mayStart = Promise.resolve();
  let batchId = 0;
  registry = new ModelRegistry({
    repositoryPath: join(folder.path, 'models'),
    dataPath: join(folder.path, 'data'),
    cpuBudget: 2,
    drainLimitUs: 1e6,
    context: {
      clock,
      logger: heard(),
      deviceBusy: new DeviceBusy(),
      metrics: null,
      deviceOf: () => 'cpu',
      nextBatchId: () => ++batchId,
      createInstance: heldBack,
    },
  });
  await registry.start();
});

afterEach(async () => {
  await registry.stop();
  folder.remove();
});

/** @returns lets instances start again */
function holdStarts(): () => void {
  let release: () => void = () => undefined;
  mayStart = new Promise((resolve) => {
    release = resolve;
  });
  return release;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const withDelay = (delayUs: number): string =>
  simulatedConfig({
    baseUs: 0,
    more: `dynamic_batching { max_queue_delay_microseconds: ${delayUs} }`,
  });

const config = (): string => readFileSync(join(folder.path, 'models/m/config.pbtxt'), 'utf8');

test('a scan that read the file before the last change of the settings does not take that change back', async () => {
  await registry.updateSettings('m', { maxQueueDelayUs: 100 });
  const release = holdStarts();
  const changed = registry.updateSettings('m', { maxQueueDelayUs: 200, instanceCount: 2 });
  // The scan sees 100, which is news to it, and then waits for the change that is under way.
  const scanned = registry.rescan();
  await waitUntil('the scan has read', () => messages.some((message) => message.includes('changed on disk')));
  release();
  await Promise.all([changed, scanned]);
  expect(registry.summary('m').settings).toMatchObject({ maxQueueDelayUs: 200, instanceCount: 2 });
  await registry.rescan();
  expect(registry.summary('m').settings).toMatchObject({ maxQueueDelayUs: 200, instanceCount: 2 });
  expect(config()).toContain('200');
});

test('a change by hand that nobody has seen yet is followed, also when a setting is changed before the next scan', async () => {
  folder.write({ 'models/m/config.pbtxt': `${config()}\ninstance_group [ { count: 2 } ]\n` });
  await registry.updateSettings('m', { maxQueueDelayUs: 300 });
  await registry.rescan();
  expect(registry.summary('m')).toMatchObject({
    settings: { maxQueueDelayUs: 300, instanceCount: 2 },
    instancesReady: 2,
  });
  expect(config()).toMatch(/count: 2/);
});

test('what one look at the folder finds has its turn before all that is asked for later', async () => {
  folder.write({ 'models/n/config.pbtxt': simulatedConfig({ baseUs: 0 }) });
  await registry.rescan();
  const release = holdStarts();
  folder.write({
    'models/m/config.pbtxt': `${config()}\ninstance_group [ { count: 2 } ]\n`,
    'models/n/config.pbtxt': withDelay(700),
  });
  const scanned = registry.rescan();
  await waitUntil('the scan has read', () => messages.some((message) => message.includes('changed on disk')));
  const changed: (string | null)[] = [];
  registry.marks.on(({ model }) => changed.push(model));
  const later = registry.updateSettings('m', { maxBatchSize: 4 });
  release();
  await Promise.all([scanned, later]);
  expect(changed).toEqual(['m', 'n', 'm']);
});

test('one that cannot be followed ends the look for nobody else: the failure is told when all have had their turn', async () => {
  folder.write({ 'models/n/config.pbtxt': simulatedConfig({ baseUs: 0 }) });
  await registry.rescan();
  await registry.load('n');
  const release = holdStarts();
  folder.write({
    'models/m/config.pbtxt': withDelay(100),
    'models/n/config.pbtxt': `${config()}\ninstance_group [ { count: 2 } ]\n`,
  });
  let mark = '';
  registry.marks.on(({ model }) => {
    mark = model ?? '';
    if (model === 'm') throw new Error('nobody may hear of m');
  });
  let outcome = 'none';
  const scanned = registry.rescan().catch((error: Error) => {
    outcome = error.message;
  });
  await waitUntil('m is followed', () => mark === 'm');
  await turns();
  expect(outcome).toBe('none');
  release();
  await scanned;
  expect(outcome).toBe('nobody may hear of m');
  expect(registry.summary('n').instancesReady).toBe(2);
});

test('what changes while another model still loads is seen, and followed once as it was last', async () => {
  folder.write({ 'models/n/config.pbtxt': simulatedConfig({ baseUs: 0 }) });
  await registry.rescan();
  await registry.load('n');
  const release = holdStarts();
  const loading = registry.updateSettings('m', { instanceCount: 2 });
  const changes: string[] = [];
  registry.marks.on(({ model, text }) => changes.push(`${model}: ${text}`));
  const seen = (times: number) => () =>
    messages.filter((message) => message.includes('"n" changed on disk')).length === times;
  const scans: Promise<void>[] = [];
  for (const delayUs of [100, 200, 300]) {
    folder.write({ 'models/n/config.pbtxt': withDelay(delayUs) });
    scans.push(registry.rescan());
    await waitUntil('the change is seen', seen(delayUs / 100));
  }
  release();
  await Promise.all([loading, ...scans]);
  expect(registry.summary('n').settings.maxQueueDelayUs).toBe(300);
  expect(changes.filter((change) => change.startsWith('n: '))).toHaveLength(1);
  await registry.rescan();
  expect(registry.summary('n').settings.maxQueueDelayUs).toBe(300);
});

test('a model that is lost while its settings change holds no memory any more', async () => {
  const resident = () =>
    registry.memory(['simulated']).flatMap(({ models }) => models.filter((one) => one.resident)).length;
  expect(resident()).toBe(1);
  let fail: (why: Error) => void = () => undefined;
  mayStart = new Promise((_, reject) => {
    fail = reject;
  });
  const changed = registry.updateSettings('m', { instanceCount: 2 }).catch(() => 'refused');
  const instances = () => registry.served('m', null).instances;
  await waitUntil('the second one starts', () => instances().length === 2);
  await instances()[0]?.kill();
  // Behind the pool's own wait before it replaces the one that was lost.
  await new Promise<void>((resolve) => void clock.callAt(clock.nowUs() + 150e3, resolve));
  fail(new Error('no more instances'));
  expect(await changed).toBe('refused');
  expect(registry.summary('m').state).toBe('unavailable');
  expect(resident()).toBe(0);
});
