import { afterEach, expect, test } from 'vitest';
import { createLogStore } from '../base';
import { RegistryDataPlane } from '../dataplane';
import { simulatedConfig } from './arithmetic-models';
import { startEngine, type TestEngine } from './start-engine';
import { waitUntil } from './wait-until';

let t: TestEngine | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
}, 60_000);

const models = {
  'slow/config.pbtxt': simulatedConfig({
    baseUs: 1000,
    more: 'dynamic_batching { preferred_batch_size: [ 3 ] max_queue_delay_microseconds: 10000000 }',
  }),
};
const planeOf = ({ engine: { registry } }: TestEngine) =>
  new RegistryDataPlane({
    registry,
    name: 'ferry',
    version: '1.0.0',
    logs: createLogStore({ level: 'error', file: null, wallMs: Date.now }),
  });

test('statistics tell of a version since it was loaded, by the rules that load generators check', async () => {
  const engine = await startEngine({ models, argv: ['--log-level', 'error'] });
  t = engine;
  const plane = planeOf(engine);
  const row = (value: number) => engine.http.inferFloats('slow', [1, 2], Float32Array.of(value, value));
  expect(plane.serverInfo().extensions).toContain('statistics');
  expect(plane.statistics('slow', '1')).toMatchObject([
    { executionCount: 0, lastInferenceMs: 0, batches: [] },
  ]);

  const beforeMs = Date.now();
  await Promise.all([row(1), row(2), row(3)]);
  const [seen] = plane.statistics('slow', null);
  expect(seen).toMatchObject({ name: 'slow', version: '1', inferenceCount: 3, executionCount: 1 });
  expect(seen?.lastInferenceMs).toBeGreaterThanOrEqual(beforeMs);
  const inferNs = seen?.computeInfer.ns ?? 0;
  expect(seen?.batches).toMatchObject([{ batchSize: 3, computeInfer: { count: 1 } }]);
  // Each of the three is charged with the whole batch.
  expect(Math.abs(inferNs - 3 * (seen?.batches[0]?.computeInfer.ns ?? 0))).toBeLessThanOrEqual(3);
  for (const part of ['success', 'queue', 'computeInput', 'computeInfer', 'computeOutput'] as const)
    expect(seen?.[part].count).toBe(3);
  expect(seen?.success.ns).toBeGreaterThanOrEqual((seen?.queue.ns ?? 0) + inferNs);

  // Refused before the queue: no failure by these rules, but one in the console's counters.
  expect((await engine.http.inferFloats('slow', [1, 3], new Float32Array(3))).status).toBe(400);
  expect(plane.statistics('slow', '1')[0]?.fail.count).toBe(0);
  expect(engine.counters('slow').requestsFailed).toEqual({ INVALID_ARGUMENT: 1 });

  const lone = row(4);
  await waitUntil('it waits', () => engine.counters('slow').queueLength === 1);
  engine.http.close();
  await expect(lone).rejects.toThrow();
  await waitUntil('it left', () => plane.statistics('slow', '1')[0]?.fail.count === 1);
  expect(plane.statistics('slow', '1')[0]?.fail.ns).toBeGreaterThan(0);

  await engine.engine.registry.load('slow');
  expect(plane.statistics(null, null)).toMatchObject([
    { name: 'slow', inferenceCount: 0, executionCount: 0, success: { count: 0, ns: 0 }, fail: { count: 0 } },
  ]);
  expect(engine.counters('slow')).toMatchObject({ requestsOk: 3, inferenceCount: 3 });

  await engine.engine.registry.unload('slow');
  expect(plane.statistics(null, null)).toEqual([]);
  expect(() => plane.statistics('slow', null)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_READY' }));
  expect(() => plane.statistics('none', null)).toThrow(expect.objectContaining({ code: 'MODEL_UNKNOWN' }));
});
