import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ModelSettings, ModelSettingsPatch } from '../contract';
import { identityModel, linearModel } from '../testing/onnx-writer';
import { addingModel, rotatingModel, simulatedConfig, sumAndDifferenceModel } from './arithmetic-models';
import { heapAfterCollection } from './process-state';
import { createRandom, type Random } from './random';
import { startEngine, type TestEngine } from './start-engine';
import {
  addingQuestion,
  echoQuestion,
  linearQuestion,
  pairQuestion,
  type Question,
  rotatingQuestion,
  Traffic,
  textQuestion,
} from './traffic';
import { waitUntil } from './wait-until';

/** 12 s in `npm test`; `npm run soak` takes three minutes. */
const DURATION_MS = Number(process.env.FERRY_SOAK_SECONDS ?? 12) * 1000;
const CHANGE_EVERY_MS = 1000;
const CLIENTS = 48;
/** New threads take a while to start where many programs share few cores. */
const PATIENCE_MS = 120_000;
const KILLS = 2;
const HEAP_GROWTH_LIMIT_MIB = 48;
const WIDTH = 1024;
const STEPS = 24;
const WEIGHTS = Float32Array.from({ length: 8 * 4 }, (_, i) => ((i * 5) % 17) - 8);

const MODELS = {
  'plus/1/model.onnx': addingModel(['batch', 4]),
  'dynamic/1/model.onnx': addingModel(['batch', 'rows', 'columns'], 3),
  'linear/1/model.onnx': linearModel(8, 4, WEIGHTS).file,
  'text/1/model.onnx': identityModel([{ datatype: 'BYTES', shape: ['batch', 1] }]),
  'pair/1/model.onnx': sumAndDifferenceModel(),
  'heavy/1/model.onnx': rotatingModel(WIDTH, STEPS),
  'waiting/config.pbtxt': simulatedConfig({ baseUs: 15_000, width: 6 }),
  // Comes and goes while the others serve; the only one that may be away.
  'guest/1/model.onnx': addingModel(['batch', 2], 7),
};

const QUESTIONS: readonly Question[] = [
  addingQuestion('plus', () => [4]),
  addingQuestion('plus', () => [4]),
  addingQuestion('dynamic', (random) => [1 + random.below(3), 1 + random.below(3)], 3),
  linearQuestion('linear', 8, 4, WEIGHTS),
  textQuestion('text'),
  pairQuestion('pair'),
  rotatingQuestion('heavy', WIDTH, STEPS),
  echoQuestion('waiting', 6),
  addingQuestion('guest', () => [2], 7),
];

/** Changed through the registry, the control plane's socket, and the file, in this order and then again. */
const CHANGED_BY = {
  registry: ['plus', 'heavy'],
  socket: ['dynamic', 'pair', 'waiting'],
  file: ['linear', 'text'],
};

test('every request is answered once with its own right answer while settings, models and instances change', {
  timeout: DURATION_MS + 2 * PATIENCE_MS,
}, async () => {
  const t = await startEngine({ models: MODELS, argv: ['--log-level', 'error'] });
  try {
    const traffic = new Traffic(t.http, QUESTIONS, CLIENTS);
    const endMs = performance.now() + DURATION_MS;
    const heapBefore = heapAfterCollection();
    const [changes, visits, kills] = await Promise.all([
      changeSettings(t, endMs),
      comeAndGo(t, endMs),
      killInstances(t, endMs),
    ]);
    await traffic.stop();
    await waitUntil('nothing is under way', () => t.engine.registry.counters().every(isIdle));
    const heapGrownMib = Math.round((heapAfterCollection() - heapBefore) / 2 ** 20);
    report(t, traffic, {
      heapGrownMib,
      changes,
      visits,
      kills: kills.length,
      batchesLost: kills.flat().length,
    });

    expect(traffic.faults).toEqual([]);
    expectOnlyKilledBatchesFailed(traffic, kills.flat());
    for (const model of traffic.tallies.keys())
      expectCountersAddUp(t, traffic, model, model === 'heavy' ? kills.flat().length : 0);
    // What is kept is bounded: the last batches, logs, samples of a quarter of an hour.
    expect(heapGrownMib).toBeLessThan(HEAP_GROWTH_LIMIT_MIB);
    // Everything was asked, and the load was a load.
    for (const [model, tally] of traffic.tallies) expect(tally.right, model).toBeGreaterThan(10);
  } finally {
    await t.close();
  }
});

interface Changes {
  registry: number;
  socket: number;
  file: number;
}

/** One change a second, by turns in the three ways, of a model whose last change has been followed. */
async function changeSettings(t: TestEngine, endMs: number): Promise<Changes> {
  const random = createRandom(42);
  const changes: Changes = { registry: 0, socket: 0, file: 0 };
  const ways = Object.keys(changes) as (keyof Changes)[];
  const underWay = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  for (let tick = 0; performance.now() < endMs && failures.length === 0; tick++) {
    const nextMs = performance.now() + CHANGE_EVERY_MS;
    const inTurn = ways.map((_, i) => ways[(tick + i) % ways.length] ?? 'registry');
    const free = inTurn.flatMap((way) =>
      CHANGED_BY[way].filter((model) => !underWay.has(model)).map((model) => ({ way, model })),
    );
    const chosen = free.find(({ way }) => way === inTurn[0]) ?? free[0];
    if (chosen) {
      const { way, model } = chosen;
      const change = changeOne(t, way, model, randomSettings(random))
        .catch((error: unknown) => failures.push(error))
        .then(() => void underWay.delete(model));
      underWay.set(model, change);
      changes[way]++;
    }
    await pause(Math.max(0, nextMs - performance.now()));
  }
  await Promise.all(underWay.values());
  expect(failures).toEqual([]);
  return changes;
}

async function changeOne(
  t: TestEngine,
  way: keyof Changes,
  model: string,
  settings: SomeSettings,
): Promise<void> {
  if (way === 'file') {
    t.write({ [`${model}/config.pbtxt`]: configText(settings) });
    await waitUntil(`${model} follows its file`, () => follows(t, model, settings), {
      limitMs: PATIENCE_MS,
    }).catch((error: Error) => {
      const { settings: now, instancesReady, state, reason } = t.engine.registry.summary(model);
      const facts = { wanted: settings, now, instancesReady, state, reason, logs: t.logs.slice(-20) };
      throw new Error(`${error.message}: ${JSON.stringify(facts)}`);
    });
    return;
  }
  const { settings: now } =
    way === 'registry'
      ? await t.engine.registry.updateSettings(model, settings)
      : await t.control.calls.updateSettings.mutate({ name: model, patch: settings });
  expect(now).toMatchObject(settings);
  const text = readFileSync(join(t.repositoryPath, model, 'config.pbtxt'), 'utf8');
  expect(text).toContain(`max_batch_size: ${settings.maxBatchSize}`);
}

type SomeSettings = Pick<
  ModelSettings,
  'batching' | 'maxBatchSize' | 'preferredBatchSizes' | 'maxQueueDelayUs' | 'instanceCount' | 'intraOpThreads'
>;

/** Requests have up to 3 rows, so that is the smallest limit here. */
function randomSettings(random: Random): SomeSettings {
  const maxBatchSize = random.pick([3, 4, 8, 16, 32]);
  return {
    batching: random.pick(['off', 'fixed', 'fixed', 'auto'] as const),
    maxBatchSize,
    preferredBatchSizes: random.pick([[], [], [2], [3], [2, 3]]),
    maxQueueDelayUs: random.pick([0, 0, 300, 1500, 20_000]),
    instanceCount: 1 + random.below(3),
    intraOpThreads: 1 + random.below(2),
  } satisfies ModelSettingsPatch;
}

function configText(settings: SomeSettings): string {
  return `# edited by hand
max_batch_size: ${settings.maxBatchSize}
dynamic_batching {
  preferred_batch_size: [ ${settings.preferredBatchSizes.join(', ')} ]
  max_queue_delay_microseconds: ${settings.maxQueueDelayUs}
}
instance_group [ { count: ${settings.instanceCount} kind: KIND_CPU } ]
parameters { key: "ferry.batching" value { string_value: "${settings.batching}" } }
parameters { key: "intra_op_thread_count" value { string_value: "${settings.intraOpThreads}" } }
`;
}

function follows(t: TestEngine, model: string, wanted: SomeSettings): boolean {
  const summary = t.engine.registry.summary(model);
  const keys = Object.keys(wanted) as (keyof SomeSettings)[];
  return (
    keys.every((key) => JSON.stringify(summary.settings[key]) === JSON.stringify(wanted[key])) &&
    summary.instancesReady === wanted.instanceCount
  );
}

/** A guest is unloaded and loaded, one that serves is loaded anew, one is imported, asked and removed: again and again. */
async function comeAndGo(t: TestEngine, endMs: number): Promise<number> {
  const source = t.folder.write({ 'elsewhere/stranger.onnx': addingModel(['batch', 2], 11) });
  const { calls } = t.control;
  let visits = 0;
  while (performance.now() < endMs) {
    await calls.unloadModel.mutate({ name: 'guest' });
    await calls.importModel.mutate({ path: source, name: 'stranger' });
    const answer = await t.http.inferFloats('stranger', [1, 2], Float32Array.of(1, visits));
    expect([...(answer.values ?? [])]).toEqual([12, visits + 11]);
    await calls.loadModel.mutate({ name: 'guest' });
    await t.engine.registry.load('plus');
    await calls.unloadModel.mutate({ name: 'stranger' });
    await calls.removeModel.mutate({ name: 'stranger' });
    visits++;
    await pause(200);
  }
  return visits;
}

/** @returns for each kill the ids of the batches that were lost: the running one, and one that waited behind it if there was */
async function killInstances(t: TestEngine, endMs: number): Promise<readonly (readonly number[])[]> {
  const beganMs = performance.now();
  const kills: (readonly number[])[] = [];
  for (let kill = 1; kill <= KILLS; kill++) {
    const atMs = beganMs + ((endMs - beganMs) * kill) / (KILLS + 1);
    await pause(Math.max(0, atMs - performance.now()));
    kills.push(await killInBatch(t, 'heavy', kills.flat()));
    const isReplaced = () => {
      const { instancesReady, settings } = t.engine.registry.summary('heavy');
      return instancesReady === settings.instanceCount;
    };
    await waitUntil('the instance is replaced', isReplaced, { limitMs: PATIENCE_MS });
  }
  return kills;
}

async function killInBatch(
  t: TestEngine,
  model: string,
  known: readonly number[],
): Promise<readonly number[]> {
  const lost = () =>
    t.engine.registry.recentBatches(model).filter(({ id, error }) => error !== null && !known.includes(id));
  return waitUntil(
    'a batch was lost',
    async () => {
      // One that is busy before it has run a batch warms up: then the model would be the one that cannot start.
      const serving = new Set(t.engine.registry.recentBatches(model).map(({ instance }) => instance));
      const busy = t.served(model).instances.find(({ state, name }) => state === 'busy' && serving.has(name));
      await busy?.kill();
      return busy && lost().length > 0 ? lost().map(({ id }) => id) : null;
    },
    { everyTurn: true, limitMs: PATIENCE_MS },
  );
}

const isIdle = ({ queueLength, inFlight }: { queueLength: number; inFlight: number }): boolean =>
  queueLength === 0 && inFlight === 0;

function expectOnlyKilledBatchesFailed(traffic: Traffic, killed: readonly number[]): void {
  const lost = traffic.refusals.filter(({ code }) => code === 'INSTANCE_LOST');
  const away = traffic.refusals.filter(({ code }) => code === 'MODEL_NOT_READY');
  expect(traffic.refusals.filter((refusal) => !lost.includes(refusal) && !away.includes(refusal))).toEqual(
    [],
  );
  expect(new Set(away.map(({ model }) => model))).toEqual(new Set(away.length > 0 ? ['guest'] : []));
  expect(new Set(lost.map(({ model }) => model))).toEqual(new Set(['heavy']));
  const batches = new Set(lost.map(({ error }) => Number(/batch (\d+)/.exec(error)?.[1])));
  expect(batches).toEqual(new Set(killed));
  for (const { error } of lost)
    expect(error).toMatch(/^instance heavy\/1#\d+ was lost: .+ \(batch \d+, \d+ rows\)$/);
}

function expectCountersAddUp(t: TestEngine, traffic: Traffic, model: string, failedBatches: number): void {
  const tally = traffic.tally(model);
  const counters = t.counters(model);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const refused = sum(Object.values(tally.errors));
  expect(tally.right + refused, `${model}: answers`).toBe(tally.asked);
  expect(counters.requestsOk, `${model}: requestsOk`).toBe(tally.right);
  expect(counters.latency.count, `${model}: latency.count`).toBe(tally.right);
  expect(counters.inferenceCount, `${model}: inferenceCount`).toBe(tally.rows);
  expect(counters.requestsFailed.INSTANCE_LOST ?? 0, `${model}: lost`).toBe(tally.errors.INSTANCE_LOST ?? 0);
  expect(sum(counters.batchSizes.map(([rows, batches]) => rows * batches))).toBe(counters.inferenceCount);
  expect(sum(counters.batchSizes.map(([, batches]) => batches))).toBe(counters.executionCount);
  expect(sum(Object.values(counters.departures)), `${model}: departures`).toBe(
    counters.executionCount + failedBatches,
  );
}

function report(
  t: TestEngine,
  traffic: Traffic,
  done: { changes: Changes; visits: number; kills: number; batchesLost: number; heapGrownMib: number },
): void {
  const meanBatch = Object.fromEntries(
    [...traffic.tallies.keys()].map((model) => {
      const { inferenceCount, executionCount } = t.counters(model);
      return [model, Number((inferenceCount / executionCount).toFixed(2))];
    }),
  );
  const line = {
    seconds: DURATION_MS / 1000,
    requests: traffic.asked,
    right: traffic.right,
    errors: traffic.errorsByCode(),
    faults: traffic.faults.length,
    ...done,
    meanBatch,
  };
  console.log(`soak: ${JSON.stringify(line)}`);
}
