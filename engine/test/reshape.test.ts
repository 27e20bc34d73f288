import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLogStore } from '../base';
import { RegistryDataPlane } from '../dataplane';
import { buildRequest, floatsOf, fp32 } from '../testing';
import { addingModel, simulatedConfig } from './arithmetic-models';
import { startRegistry, type TestRegistry } from './start-registry';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let t: TestRegistry | null = null;
afterEach(async () => {
  await t?.close();
  t = null;
});

async function started(models: Readonly<Record<string, string | Uint8Array>>) {
  t = await startRegistry(models, { loadAtStart: ['*'] });
  const logs = createLogStore({ level: 'error', file: null, wallMs: Date.now });
  const plane = new RegistryDataPlane({ registry: t.registry, name: 'ferry', version: '0', logs });
  return { ...t, plane };
}

const send = (plane: RegistryDataPlane, shape: readonly number[], values: readonly number[]) =>
  plane.infer(buildRequest([fp32('x', shape, values)], { model: 'm' }));

describe('a reshape', () => {
  const RESHAPED = `max_batch_size: 8
    input [ { name: "x" data_type: TYPE_FP32 dims: [ 1, 3 ] reshape { shape: [ 3 ] } } ]
    output [ { name: "y" data_type: TYPE_FP32 dims: [ 3, 1 ] reshape { shape: [ 3 ] } } ]
    dynamic_batching { preferred_batch_size: [ 3 ] max_queue_delay_microseconds: 10000000 }`;

  test('lets clients have other shapes than the model, and requests still share a batch', async () => {
    const { plane } = await started({
      'm/1/model.onnx': addingModel(['batch', 3]),
      'm/config.pbtxt': RESHAPED,
    });
    const metadata = plane.modelMetadata('m', null);
    expect(metadata.inputs[0]?.shape).toEqual([-1, 1, 3]);
    expect(metadata.outputs[0]?.shape).toEqual([-1, 3, 1]);
    const [one, two] = await Promise.all([
      send(plane, [1, 1, 3], [1, 2, 3]),
      send(plane, [2, 1, 3], [4, 5, 6, 7, 8, 9]),
    ]);
    expect(one.outputs[0]?.shape).toEqual([1, 3, 1]);
    expect(floatsOf(one.outputs[0])).toEqual([2, 3, 4]);
    expect(two.outputs[0]?.shape).toEqual([2, 3, 1]);
    expect(floatsOf(two.outputs[0])).toEqual([5, 6, 7, 8, 9, 10]);
    expect(one.batch).toMatchObject({ id: two.batch.id, rows: 3 });
    await expect(send(plane, [1, 3], [1, 2, 3])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('shape [1, 3] was given, the model takes [batch, 1, 3]'),
    });
  });

  test('of a tensor that is nothing but the batch is completed: metadata, configuration and answers agree', async () => {
    const { plane, registry } = await started({ 'm/1/model.onnx': addingModel(['batch']) });
    expect(plane.modelMetadata('m', null).inputs[0]?.shape).toEqual([-1, 1]);
    expect(plane.modelConfig('m', null)).toMatchObject({
      input: [{ dims: [1], reshape: { shape: [] } }],
      output: [{ dims: [1], reshape: { shape: [] } }],
    });
    await registry.updateSettings('m', { maxQueueDelayUs: 10_000_000, preferredBatchSizes: [3] });
    const [one, two] = await Promise.all([send(plane, [1, 1], [1]), send(plane, [2, 1], [2, 3])]);
    expect(one.outputs[0]).toMatchObject({ shape: [1, 1] });
    expect(two.outputs[0]).toMatchObject({ shape: [2, 1] });
    expect(floatsOf(two.outputs[0])).toEqual([3, 4]);
    expect(one.batch.id).toBe(two.batch.id);
    await expect(send(plane, [1], [1])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('max_batch_size 0', () => {
  test('makes dims the full shape: requests of any size run alone', async () => {
    const { plane, registry } = await started({
      'm/1/model.onnx': addingModel(['n', 2]),
      'm/config.pbtxt': 'max_batch_size: 0',
    });
    expect(plane.modelConfig('m', null)).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 2] }] });
    const answers = await Promise.all([send(plane, [3, 2], [1, 2, 3, 4, 5, 6]), send(plane, [1, 2], [7, 8])]);
    expect(answers.map(({ outputs }) => floatsOf(outputs[0]))).toEqual([
      [2, 3, 4, 5, 6, 7],
      [8, 9],
    ]);
    expect(answers[0]?.batch.id).not.toBe(answers[1]?.batch.id);
    expect(registry.summary('m')).toMatchObject({
      batchable: true,
      batchingNote: expect.stringContaining('max_batch_size is 0 in config.pbtxt'),
    });
  });

  test('can be left while it serves, and come back to: the first dimension becomes the batch', async () => {
    const { plane, registry, folder, write } = await started({
      'm/1/model.onnx': addingModel(['n']),
      'm/config.pbtxt': '# by hand\nmax_batch_size: 0\n',
    });
    await send(plane, [3], [1, 2, 3]);
    const preview = await registry.previewSettings('m', { maxBatchSize: 4 });
    expect(preview).toContain('-max_batch_size: 0\n+max_batch_size: 4\n');
    const file = join(folder.path, 'models/m/config.pbtxt');
    expect(readFileSync(file, 'utf8')).toBe('# by hand\nmax_batch_size: 0\n');
    await registry.updateSettings('m', { maxBatchSize: 4 });
    expect(registry.configuration('m').lastChange).toBe(preview);
    await expect(send(plane, [5, 1], [1, 2, 3, 4, 5])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(floatsOf((await send(plane, [2, 1], [1, 2])).outputs[0])).toEqual([2, 3]);
    write({ 'm/config.pbtxt': 'max_batch_size: 0\n' });
    await registry.rescan();
    expect(floatsOf((await send(plane, [5], [1, 2, 3, 4, 5])).outputs[0])).toEqual([2, 3, 4, 5, 6]);
  });
});

test('requests that bring different optional inputs do not share a batch', async () => {
  const more = 'dynamic_batching { preferred_batch_size: [ 2 ] max_queue_delay_microseconds: 10000000 }';
  const config = simulatedConfig({ baseUs: 0, more }).replace(
    'input [',
    'input [ { name: "mask" data_type: TYPE_FP32 dims: [ 1 ] optional: true },',
  );
  const { plane } = await started({ 'm/config.pbtxt': config });
  const ask = (withMask: boolean) => {
    const mask = withMask ? [fp32('mask', [1, 1], [0])] : [];
    return plane.infer(buildRequest([fp32('x', [1, 2], [1, 2]), ...mask], { model: 'm' }));
  };
  const [a, b, c, d] = await Promise.all([ask(false), ask(true), ask(false), ask(true)]);
  expect(a.batch).toMatchObject({ id: c.batch.id, rows: 2 });
  expect(b.batch).toMatchObject({ id: d.batch.id, rows: 2 });
  expect(a.batch.id).not.toBe(b.batch.id);
});
