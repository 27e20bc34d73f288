import { afterEach, expect, test, vi } from 'vitest';
import { buildRequest, floatsOf, fp32 } from '../testing/build-request';
import { rotatingModel, simulatedConfig } from './arithmetic-models';
import { startEngine, type TestEngine } from './start-engine';
import { waitUntil } from './wait-until';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const WIDTH = 64;
const REQUESTS = 24;

let open: TestEngine | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const group = (count: number, instances = 1) =>
  `instance_group [ { count: ${instances} kind: KIND_CPU rate_limiter { resources [ { name: "slot" global: true count: ${count} } ] } } ]`;

/** A real model on the CPU with two instances, and one on the simulated device: nothing but the resource keeps them apart. */
const MODELS = {
  'real/config.pbtxt': `max_batch_size: 0 ${group(1, 2)}`,
  'real/1/model.onnx': rotatingModel(WIDTH, 200),
  'other/config.pbtxt': simulatedConfig({ baseUs: 3000, more: group(1) }),
};

async function start(
  argv: readonly string[],
  models: Readonly<Record<string, string | Uint8Array>> = MODELS,
) {
  open = await startEngine({ models, argv });
  return open;
}

const row = Array.from({ length: WIDTH }, (_, i) => i);
const rotated = row.map((_, i) => (i + 200) % WIDTH);
const ask = ({ engine }: TestEngine, model: string) =>
  engine.registry.infer(
    buildRequest([model === 'real' ? fp32('x', [1, WIDTH], row) : fp32('x', [1, 2], [1, 2])], { model }),
  );

/** Saturates both. @returns the most batches that ran at once, looked at in every turn of the loop */
async function mostAtOnce(running: TestEngine): Promise<number> {
  let most = 0;
  let isOver = false;
  const models = ['real', 'other'].map((name) => running.served(name));
  const look = () => {
    most = Math.max(
      most,
      models.reduce((sum, { inFlight }) => sum + inFlight, 0),
    );
    if (!isOver) setImmediate(look);
  };
  look();
  const results = await Promise.all(
    Array.from({ length: REQUESTS }, () => [ask(running, 'real'), ask(running, 'other')]).flat(),
  );
  isOver = true;
  for (const { model, outputs } of results)
    expect(floatsOf(outputs[0])).toEqual(model === 'real' ? rotated : [1, 2]);
  return most;
}

test('models and instances that share one resource never run at the same time; without the rate limiter they do', async () => {
  const one = 'dynamic_batching { preferred_batch_size: [ 1 ] }';
  const models = {
    ...MODELS,
    'other/config.pbtxt': `${MODELS['other/config.pbtxt'].replace('max_batch_size: 8', 'max_batch_size: 1')} ${one}`,
  };
  const limited = await start(['--rate-limit', 'execution_count'], models);
  expect(await mostAtOnce(limited)).toBe(1);
  expect(limited.engine.registry.summary('real').notices).toEqual([]);
  await limited.close();
  const free = await start([], models);
  expect(await mostAtOnce(free)).toBeGreaterThan(1);
  expect(free.engine.registry.summary('real').notices).toEqual([
    expect.stringContaining(
      'instance_group.rate_limiter, which has no effect: the engine runs with --rate-limit off',
    ),
  ]);
});

test('an instance that dies, and a model that is unloaded, take no resource with them', async () => {
  const running = await start(['--rate-limit', 'execution_count']);
  const asked = Array.from({ length: REQUESTS }, () => ask(running, 'real'));
  const served = running.served('real');
  await waitUntil('a batch runs', () => served.inFlight > 0, { everyTurn: true });
  for (const instance of served.instances) void instance.kill('the test says so');
  await Promise.allSettled(asked);
  expect((await ask(running, 'other')).model).toBe('other');
  await waitUntil('the instances are replaced', () => served.readyInstances === 2);
  const last = ask(running, 'real').catch(() => undefined);
  await running.engine.registry.unload('real');
  await last;
  expect((await ask(running, 'other')).model).toBe('other');
});

test('a model that asks for more than there is is refused at load, and what serves goes on', async () => {
  const running = await start(['--rate-limit', 'execution_count', '--rate-limit-resource', 'slot:1'], {
    ...MODELS,
    'greedy/config.pbtxt': simulatedConfig({ baseUs: 0, more: group(2) }),
  });
  expect(running.engine.registry.summary('greedy')).toMatchObject({
    state: 'unavailable',
    reason: expect.stringContaining('"slot" has count 2; there are 1 (--rate-limit-resource)'),
  });
  await expect(running.engine.registry.load('greedy')).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  expect(await mostAtOnce(running)).toBeGreaterThan(0);
});
