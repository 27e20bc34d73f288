import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLogStore } from '../base';
import { ModelConfigType, parseModelConfig } from '../config';
import { RegistryDataPlane } from '../dataplane';
import type { LoadOverride } from '../inference';
import { buildRequest, floatsOf, fp32 } from '../testing';
import { writeOnnx } from '../testing/onnx-writer';
import { addingModel, simulatedConfig } from './arithmetic-models';
import { startRegistry, type TestRegistry } from './start-registry';
import { waitUntil } from './wait-until';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let t: TestRegistry | null = null;
afterEach(async () => {
  await t?.close();
  t = null;
});

const SIMULATED = simulatedConfig({ baseUs: 0 });
const NOTHING: LoadOverride = { configJson: null, files: new Map() };

async function started(
  models: Readonly<Record<string, string | Uint8Array>>,
  control: Parameters<typeof startRegistry>[1] = {},
) {
  t = await startRegistry(models, control);
  const plane = new RegistryDataPlane({
    registry: t.registry,
    name: 'ferry',
    version: '0',
    logs: createLogStore({ level: 'error', file: null, wallMs: Date.now }),
  });
  return { ...t, plane };
}

const request = (model: string, ...values: number[]) =>
  buildRequest([fp32('x', [1, values.length], values)], { model });
async function answer(plane: RegistryDataPlane, model: string, ...values: number[]): Promise<number[]> {
  return floatsOf((await plane.infer(request(model, ...values))).outputs[0]);
}
const states = (plane: RegistryDataPlane) =>
  plane
    .repositoryIndex(false)
    .map(({ name, version, state, reason }) => `${name}/${version} ${state} ${reason}`);

describe('in explicit mode', () => {
  test('only what was named is loaded at the start; the rest has only a name in the index', async () => {
    const { plane } = await started(
      { 'a/config.pbtxt': SIMULATED, 'b/config.pbtxt': SIMULATED },
      { mode: 'explicit', loadAtStart: ['b'] },
    );
    expect(plane.repositoryIndex(false)).toEqual([
      { name: 'a', version: '', state: '', reason: '' },
      { name: 'b', version: '1', state: 'READY', reason: '' },
    ]);
    expect(plane.repositoryIndex(true)).toEqual([{ name: 'b', version: '1', state: 'READY', reason: '' }]);
    expect(plane.isReady()).toBe(true);
  });

  test('a client loads and unloads, also a folder that came since the last look', async () => {
    const { plane, write } = await started({}, { mode: 'explicit' });
    write({ 'late/config.pbtxt': SIMULATED });
    await plane.loadModel('late', NOTHING);
    expect(states(plane)).toEqual(['late/1 READY ']);
    await plane.unloadModel('late');
    await waitUntil('it is unloaded', () => states(plane)[0] === 'late/1 UNAVAILABLE unloaded');
    await plane.loadModel('late', NOTHING);
    expect(plane.modelReady('late', null)).toBe(true);
  });

  test('unload answers when it takes no more requests, and the ones it has are answered', async () => {
    const slow = simulatedConfig({ baseUs: 300_000 });
    const { plane } = await started({ 'm/config.pbtxt': slow }, { mode: 'explicit', loadAtStart: ['*'] });
    const running = plane.infer(request('m', 1, 2));
    await plane.unloadModel('m');
    expect(states(plane)).toEqual(['m/1 UNLOADING ']);
    await expect(plane.infer(request('m', 1, 2))).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    await expect(running).resolves.toMatchObject({ model: 'm' });
  });

  test('what is loaded is not changed by the folder', async () => {
    const { plane, registry, folder, write } = await started(
      { 'a/config.pbtxt': SIMULATED, 'b/config.pbtxt': SIMULATED },
      { mode: 'explicit', loadAtStart: ['*'] },
    );
    write({ 'a/config.pbtxt': `${SIMULATED}instance_group [ { count: 2 } ]` });
    rmSync(join(folder.path, 'models/b'), { recursive: true });
    await registry.rescan();
    expect(registry.summary('a').settings.instanceCount).toBe(1);
    expect(plane.modelReady('b', null)).toBe(true);
    await plane.loadModel('a', NOTHING);
    expect(registry.summary('a').settings.instanceCount).toBe(2);
    await registry.unload('b');
    await registry.rescan();
    expect(states(plane)).toEqual(['a/1 READY ']);
  });

  test('a model that fails says why in the index, and its name is refused when it is unknown or a path', async () => {
    const { plane } = await started({ 'bad/1/model.onnx': new Uint8Array(9) }, { mode: 'explicit' });
    await expect(plane.loadModel('bad', NOTHING)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    expect(states(plane)[0]).toMatch(/^bad\/ UNAVAILABLE .*version 1/);
    await expect(plane.loadModel('none', NOTHING)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    await expect(plane.unloadModel('none')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    for (const name of ['..', '../bad', 'bad/1', '', 'a\0b', 'x'.repeat(200)])
      await expect(plane.loadModel(name, NOTHING)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(plane.repositoryIndex(false).map(({ name }) => name)).toEqual(['bad']);
  });
});

describe('in other modes', () => {
  test.each(['none', 'poll'] as const)('%s: a client is refused, with the flag it takes', async (mode) => {
    const { plane } = await started({ 'm/config.pbtxt': SIMULATED }, { mode });
    const refused = { code: 'CONTROL_REFUSED', message: expect.stringContaining('--model-control explicit') };
    await expect(plane.loadModel('m', NOTHING)).rejects.toMatchObject(refused);
    await expect(plane.unloadModel('m')).rejects.toMatchObject(refused);
    expect(plane.modelReady('m', null)).toBe(true);
  });

  test('poll: a folder that appears is loaded, a broken one when it is whole, and does not make the server unready', async () => {
    const { plane, write } = await started({}, { mode: 'poll', pollUs: 20_000 });
    write({ 'good/config.pbtxt': SIMULATED, 'half/1/model.onnx': new Uint8Array(3) });
    await waitUntil('it is loaded', () => plane.repositoryIndex(true).some(({ name }) => name === 'good'));
    await waitUntil('the other was tried', () =>
      states(plane).some((line) => line.startsWith('half/ UNAVAILABLE')),
    );
    expect(plane.isReady()).toBe(true);
    write({ 'half/1/model.onnx': addingModel(['batch', 2]) });
    await waitUntil('it is loaded', () => plane.repositoryIndex(true).some(({ name }) => name === 'half'));
  });

  test('none: a folder that appears is listed and not loaded', async () => {
    const { plane, registry, write } = await started({ 'm/config.pbtxt': SIMULATED }, { mode: 'none' });
    write({ 'new/config.pbtxt': SIMULATED });
    await registry.rescan();
    expect(states(plane)).toEqual(['m/1 READY ', 'new/  ']);
  });
});

describe('the start', () => {
  const broken = { 'bad/1/model.onnx': new Uint8Array(9), 'good/config.pbtxt': SIMULATED };

  test('goes on without a model that fails, unready while readiness is strict', async () => {
    const { plane, registry } = await started(broken);
    expect(plane.isReady()).toBe(false);
    await registry.unload('bad');
    expect(plane.isReady()).toBe(true);
  });

  test('is ready all the same when readiness is not strict', async () => {
    const { plane } = await started(broken, { strictReadiness: false });
    expect(plane.isReady()).toBe(true);
    expect(plane.modelReady('bad', null)).toBe(false);
  });

  test('ends with the reason when it is to exit on errors', async () => {
    await expect(startRegistry(broken, { exitOnError: true })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('model "bad" was not loaded'),
    });
    await expect(
      startRegistry({}, { mode: 'explicit', loadAtStart: ['typo'], exitOnError: true }),
    ).rejects.toMatchObject({ message: expect.stringContaining('typo') });
  });
});

describe("a load request's own configuration", () => {
  const config = (more: object = {}) => JSON.stringify({ max_batch_size: 4, ...more });

  test('is in force until the model is loaded again, and the file is not touched', async () => {
    const { plane, registry, folder } = await started(
      { 'm/1/model.onnx': addingModel(['batch', 2]), 'm/config.pbtxt': 'max_batch_size: 8 # mine\n' },
      { mode: 'explicit', loadAtStart: ['*'] },
    );
    await plane.loadModel('m', {
      configJson: config({ instanceGroup: [{ count: '2', kind: 'KIND_CPU' }] }),
      files: new Map(),
    });
    expect(plane.modelConfig('m', null)).toMatchObject({
      max_batch_size: 4,
      instance_group: [{ count: 2, kind: 'KIND_CPU' }],
    });
    await registry.updateSettings('m', { maxQueueDelayUs: 7 });
    expect(plane.modelConfig('m', null)).toMatchObject({
      dynamic_batching: { max_queue_delay_microseconds: 7 },
    });
    await registry.rescan();
    expect(registry.summary('m').settings).toMatchObject({ maxBatchSize: 4, maxQueueDelayUs: 7 });
    expect(readFileSync(join(folder.path, 'models/m/config.pbtxt'), 'utf8')).toBe(
      'max_batch_size: 8 # mine\n',
    );
    await plane.loadModel('m', NOTHING);
    expect(plane.modelConfig('m', null)).toMatchObject({ max_batch_size: 8 });
  });

  test('that does not fit leaves what serves as it is', async () => {
    const { plane } = await started(
      { 'm/1/model.onnx': addingModel(['batch', 2]) },
      { mode: 'explicit', loadAtStart: ['*'] },
    );
    const before = plane.modelConfig('m', null);
    for (const [configJson, message] of [
      ['{', /config: not JSON/],
      [config({ max_batch_sise: 1 }), /unknown field "max_batch_sise".*max_batch_size/],
      [config({ input: [{ nmae: 'x' }] }), /unknown field "input\[0\]\.nmae"/],
      [config({ max_batch_size: 'many' }), /max_batch_size is "many"/],
      [config({ name: 'other' }), /name is "other"/],
      [config({ input: [{ name: 'x', data_type: 'TYPE_INT8', dims: [2] }] }), /the given config: input "x"/],
      [config({ dynamic_batching: { preferred_batch_size: [99] } }), /contains 99/],
    ] as const) {
      await expect(plane.loadModel('m', { configJson, files: new Map() })).rejects.toMatchObject({
        httpStatus: 400,
        message: expect.stringMatching(message),
      });
    }
    expect(plane.modelConfig('m', null)).toEqual(before);
    expect(await answer(plane, 'm', 1, 2)).toEqual([2, 3]);
  });

  test('with files serves those, for a model of the repository or one that is only in the request', async () => {
    const { plane, registry, folder } = await started(
      { 'm/1/model.onnx': addingModel(['batch', 2], 1) },
      { mode: 'explicit', loadAtStart: ['*'] },
    );
    const files = new Map([['3/model.onnx', addingModel(['batch', 2], 10)]]);
    await plane.loadModel('m', { configJson: config(), files });
    expect(await answer(plane, 'm', 1, 2)).toEqual([11, 12]);
    expect(plane.modelMetadata('m', null).versions).toEqual(['3']);
    await plane.loadModel('guest', { configJson: config(), files });
    expect(await answer(plane, 'guest', 5, 5)).toEqual([15, 15]);
    await registry.rescan();
    expect(plane.modelReady('guest', null)).toBe(true);
    expect(readdirSync(join(folder.path, 'models'))).toEqual(['.keep', 'm']);
    expect(readdirSync(join(folder.path, 'data/overrides'))).toHaveLength(2);

    await plane.loadModel('m', NOTHING);
    expect(await answer(plane, 'm', 1, 2)).toEqual([2, 3]);
    await registry.unload('guest');
    expect(readdirSync(join(folder.path, 'data/overrides'))).toEqual([]);
    await expect(plane.loadModel('guest', NOTHING)).rejects.toMatchObject({ httpStatus: 404 });
    await registry.unload('guest');
    await registry.rescan();
    expect(plane.repositoryIndex(false).map(({ name }) => name)).toEqual(['m']);
  });

  test('takes no files without a configuration, and none whose path could lead elsewhere', async () => {
    const { plane, folder } = await started({ 'm/config.pbtxt': SIMULATED }, { mode: 'explicit' });
    const model = addingModel(['batch', 2]);
    await expect(
      plane.loadModel('m', { configJson: null, files: new Map([['1/model.onnx', model]]) }),
    ).rejects.toMatchObject({ httpStatus: 400, message: expect.stringContaining('"config"') });
    const paths = [
      '../m/1/model.onnx',
      '1/../../model.onnx',
      '/1/model.onnx',
      '1//model.onnx',
      '1/.hidden',
      '1\\model.onnx',
      'c:/model.onnx',
      '1/a\0b',
      '',
      '1/',
      'config.pbtxt',
      'labels.txt',
      `1/${'d/'.repeat(9)}model.onnx`,
      '1/'.padEnd(2000, 'x'),
    ];
    for (const path of paths) {
      const load = plane.loadModel('m', { configJson: config(), files: new Map([[path, model]]) });
      await expect(load, path).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    const clash = new Map([
      ['1/a', model],
      ['1/a/b', model],
    ]);
    await expect(plane.loadModel('m', { configJson: config(), files: clash })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(
      existsSync(join(folder.path, 'data/overrides')) ? readdirSync(join(folder.path, 'data/overrides')) : [],
    ).toEqual([]);
  });
});

describe('the configuration in force', () => {
  test('has every field that a client reads, and only the sub-messages that are there', async () => {
    const { plane } = await started({ 'm/1/model.onnx': addingModel(['batch', 2]) });
    expect(plane.modelConfig('m', null)).toEqual({
      name: 'm',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      runtime: '',
      version_policy: { latest: { num_versions: 1 } },
      max_batch_size: 16,
      input: [
        {
          ...{ name: 'x', data_type: 'TYPE_FP32', format: 'FORMAT_NONE', dims: [2], optional: false },
          ...{ is_shape_tensor: false, allow_ragged_batch: false, is_non_linear_format_io: false },
        },
      ],
      output: [
        {
          ...{ name: 'y', data_type: 'TYPE_FP32', dims: [2], label_filename: '' },
          ...{ is_shape_tensor: false, is_non_linear_format_io: false },
        },
      ],
      batch_input: [],
      batch_output: [],
      optimization: {
        priority: 'PRIORITY_DEFAULT',
        input_pinned_memory: { enable: true },
        output_pinned_memory: { enable: true },
        gather_kernel_buffer_threshold: 0,
        eager_batching: false,
      },
      dynamic_batching: {
        preferred_batch_size: [16],
        max_queue_delay_microseconds: 0,
        preserve_ordering: false,
        priority_levels: 0,
        default_priority_level: 0,
        priority_queue_policy: {},
      },
      instance_group: [
        {
          ...{ name: 'm_0', kind: 'KIND_CPU', count: 1, gpus: [], secondary_devices: [] },
          ...{ profile: [], passive: false, host_policy: '' },
        },
      ],
      default_model_filename: 'model.onnx',
      cc_model_filenames: {},
      metric_tags: {},
      parameters: {},
      model_warmup: [],
    });
  });

  test('follows the settings as they are changed, and has no scheduler while batching is off', async () => {
    const { plane, registry } = await started({ 'm/config.pbtxt': SIMULATED });
    await registry.updateSettings('m', {
      maxBatchSize: 4,
      instanceCount: 2,
      maxQueueDelayUs: 50,
      batching: 'fixed',
    });
    expect(plane.modelConfig('m', '1')).toMatchObject({
      max_batch_size: 4,
      dynamic_batching: { preferred_batch_size: [4], max_queue_delay_microseconds: 50 },
      instance_group: [{ count: 2 }],
    });
    await registry.updateSettings('m', { batching: 'off' });
    expect(plane.modelConfig('m', null)).not.toHaveProperty('dynamic_batching');
  });

  test('states full shapes for a model that cannot be stacked, and a size of 1 for a tensor that is only the batch', async () => {
    const { plane } = await started({
      'fixed/1/model.onnx': addingModel([3, 2]),
      'flat/1/model.onnx': addingModel(['batch']),
    });
    expect(plane.modelConfig('fixed', null)).toMatchObject({ max_batch_size: 0, input: [{ dims: [3, 2] }] });
    expect(plane.modelConfig('fixed', null)).not.toHaveProperty('dynamic_batching');
    expect(plane.modelConfig('flat', null)).toMatchObject({
      max_batch_size: 16,
      input: [{ dims: [1], reshape: { shape: [] } }],
    });
  });

  test('is taken by the protobuf message, and read back from JSON as a load request it changes nothing', async () => {
    const text = `max_batch_size: 8
      dynamic_batching { preferred_batch_size: [ 4, 8 ] default_queue_policy { max_queue_size: 9 }
        priority_levels: 2 default_priority_level: 2 priority_queue_policy { key: 1 value { max_queue_size: 5 } } }
      version_policy { specific { versions: [ 1 ] } }
      parameters { key: "intra_op_thread_count" value { string_value: "1" } } metric_tags { key: "a" value: "b" }`;
    const { plane, registry } = await started(
      { 'm/1/model.onnx': addingModel(['batch', 2]), 'm/config.pbtxt': text },
      { mode: 'explicit', loadAtStart: ['m'] },
    );
    const before = plane.modelConfig('m', null);
    const message = ModelConfigType.toObject(
      ModelConfigType.decode(ModelConfigType.encode(ModelConfigType.fromObject(before)).finish()),
      { longs: Number, enums: String },
    );
    expect(message).toMatchObject({
      max_batch_size: 8,
      dynamic_batching: { preferred_batch_size: [4, 8], priority_levels: 2 },
      version_policy: { specific: { versions: [1] } },
    });
    const settings = registry.summary('m').settings;
    await plane.loadModel('m', { configJson: JSON.stringify(before), files: new Map() });
    expect(plane.modelConfig('m', null)).toEqual(before);
    expect(registry.summary('m').settings).toEqual(settings);
    expect(parseModelConfig(text).metric_tags).toEqual(registry.metrics()[0]?.versions[0]?.tags);
  });
});

describe('labels', () => {
  test('are those of the file that the output names', async () => {
    const { registry } = await started({
      'm/1/model.onnx': addingModel(['batch', 2]),
      'm/config.pbtxt': 'output [ { name: "y" label_filename: "labels.txt" } ]',
      'm/labels.txt': 'cat\r\ndog\n',
    });
    expect(registry.labelsOf('m', null, 'y')).toEqual(['cat', 'dog']);
    expect(registry.labelsOf('m', '1', 'x')).toBeNull();
    expect(() => registry.labelsOf('m', '2', 'y')).toThrow(/no version 2/);
  });

  test('that are missing or lie elsewhere fail the load with the name of the file', async () => {
    const config = (file: string) => `output [ { name: "y" label_filename: "${file}" } ]`;
    const { registry, write } = await started({ 'm/1/model.onnx': addingModel(['batch', 2]) });
    for (const file of ['labels.txt', '../secret.txt', '1']) {
      write({ 'm/config.pbtxt': config(file), 'secret.txt': 'x' });
      await expect(registry.load('m'), file).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        message: expect.stringContaining(`"${file}"`),
      });
    }
    expect(registry.summary('m').state).toBe('ready');
  });
});

describe('warm-up', () => {
  const rows = writeOnnx({
    graph: {
      nodes: [{ op: 'Gather', inputs: ['table', 'x'], outputs: ['y'] }],
      initializers: [
        { name: 'table', type: 'FLOAT', dims: [2], rawData: new Uint8Array(Float32Array.of(5, 6).buffer) },
      ],
      inputs: [{ name: 'x', type: 'INT64', shape: ['batch', 1] }],
      outputs: [{ name: 'y', type: 'FLOAT', shape: ['batch', 1] }],
    },
  });
  const sample = (name: string) =>
    `model_warmup [ { name: "${name}" batch_size: 2
      inputs { key: "x" value { data_type: TYPE_INT64 dims: [ 1 ] input_data_file: "${name}" } } } ]`;
  const files = {
    'm/1/model.onnx': rows,
    'm/warmup/inside': new Uint8Array(BigInt64Array.of(1n).buffer),
    'm/warmup/outside': new Uint8Array(BigInt64Array.of(99n).buffer),
  };

  test('lets the model serve when its samples pass, and is in no statistics', async () => {
    const { plane, registry } = await started({ ...files, 'm/config.pbtxt': sample('inside') });
    expect(plane.modelReady('m', null)).toBe(true);
    expect(registry.counters()).toMatchObject([{ executionCount: 0 }]);
    expect(plane.modelConfig('m', null)).toMatchObject({ model_warmup: [{ name: 'inside', batch_size: 2 }] });
  });

  test('fails the load with the name of the sample that fails, also of further instances, and what serves goes on', async () => {
    const { registry, write } = await started({ ...files, 'm/config.pbtxt': sample('outside') });
    expect(registry.summary('m')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('warm-up sample "outside" failed'),
    });
    write({ 'm/config.pbtxt': sample('inside') });
    await registry.load('m');
    write({ 'm/config.pbtxt': sample('outside') });
    await expect(registry.load('m')).rejects.toThrow(/"outside"/);
    expect(registry.summary('m')).toMatchObject({ state: 'ready', instancesReady: 1 });
  });
});
