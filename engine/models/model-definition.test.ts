import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineError } from '../base';
import { DEFAULT_SESSION_TUNING } from '../config';
import { identityModel, linearModel, writeOnnx } from '../testing/onnx-writer';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { type ModelDefinition, readModelDefinition, writeSettings } from './model-definition';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const open = identityModel([{ datatype: 'FP32', shape: ['batch', 3] }]);
const two = identityModel([
  { datatype: 'INT64', shape: ['batch', null] },
  { datatype: 'FP32', shape: ['batch', 4] },
]);
const single = identityModel([{ datatype: 'FP32', shape: [1, 3] }]);
/** y = x + b, where b has the value [10, 20] in the file. */
const withDefault = writeOnnx({
  graph: {
    nodes: [{ op: 'Add', inputs: ['x', 'b'], outputs: ['y'] }],
    inputs: [
      { name: 'x', type: 'FLOAT', shape: ['n', 2] },
      { name: 'b', type: 'FLOAT', shape: [2] },
    ],
    outputs: [{ name: 'y', type: 'FLOAT', shape: ['n', 2] }],
    initializers: [
      { name: 'b', type: 'FLOAT', dims: [2], rawData: new Uint8Array(new Float32Array([10, 20]).buffer) },
    ],
  },
});
const define = (name = 'm'): Promise<ModelDefinition> =>
  readModelDefinition(folder.path, name, { cpuBudget: 4, platform: 'linux' });
const made = (model: Uint8Array, config?: string): Promise<ModelDefinition> => {
  folder.write({ 'm/1/model.onnx': model, ...(config === undefined ? {} : { 'm/config.pbtxt': config }) });
  return define();
};
const faultOf = (promise: Promise<unknown>): Promise<EngineError> =>
  promise.then(
    () => {
      throw new Error('accepted');
    },
    (error: EngineError) => error,
  );

describe('the definition of a model', () => {
  it('is completed from its file', async () => {
    const definition = await made(open);
    expect(definition).toMatchObject({
      name: 'm',
      folder: join(folder.path, 'm'),
      backend: 'onnxruntime',
      batchable: true,
      batchingNote: null,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3], dimNames: ['batch', null] }],
      settings: { batching: 'fixed', maxBatchSize: 16, intraOpThreads: 3 },
      fileSizeBytes: open.byteLength,
      versions: [{ version: '1', served: true, path: join(folder.path, 'm/1/model.onnx') }],
    });
    const [version] = definition.versions;
    expect(version && definition.instanceSpecOf(version, definition.settings)).toEqual({
      backend: 'onnxruntime',
      modelPath: join(folder.path, 'm/1/model.onnx'),
      executionProviders: ['cpu'],
      intraOpThreads: 3,
      tuning: DEFAULT_SESSION_TUNING,
    });
  });

  it('serves the newest version, or those that the policy names', async () => {
    folder.write({
      'm/1/model.onnx': open,
      'm/2/model.onnx': two,
      'm/10/model.onnx': open,
      'm/02/model.onnx': open,
      'm/notes/x': '',
    });
    const served = async (policy: string): Promise<string[]> => {
      folder.write({ 'm/config.pbtxt': policy });
      return (await define()).versions.filter((version) => version.served).map((version) => version.version);
    };
    expect(await served('')).toEqual(['10']);
    expect((await define()).versions.map((version) => version.version)).toEqual(['1', '2', '10']);
    expect(await served('version_policy { latest { num_versions: 2 } }')).toEqual(['2', '10']);
    expect(await served('version_policy { all { } }')).toEqual(['1', '2', '10']);
    expect(await served('version_policy { specific { versions: [ 2, 7 ] } }')).toEqual(['2']);
    expect((await faultOf(served('version_policy { specific { versions: 7 } }'))).message).toContain(
      'names 7; on disk are 1, 2, 10',
    );
    // A version that is not served may be broken: nobody asks for it.
    folder.write({ 'm/1/model.onnx': 'broken' });
    expect(await served('')).toEqual(['10']);
  });

  it('takes dims that fix what the graph leaves open, and fewer outputs', async () => {
    const definition = await made(
      two,
      `max_batch_size: 4
      input [ { name: "x0" data_type: TYPE_INT64 dims: [ 128 ] }, { name: "x1" data_type: TYPE_FP32 dims: [ 4 ] } ]
      output { name: "y1" data_type: TYPE_FP32 dims: 4 }`,
    );
    expect(definition.inputs.map((input) => input.shape)).toEqual([
      [-1, 128],
      [-1, 4],
    ]);
    expect(definition.outputs.map((output) => output.name)).toEqual(['y1']);
  });

  it('takes a shape from the configuration where the file has none', async () => {
    const model = writeOnnx({
      graph: {
        nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
        inputs: [{ name: 'x', type: 'FLOAT', shape: ['n', 2] }],
        outputs: [{ name: 'y', type: 'FLOAT', shape: null }],
      },
    });
    expect((await faultOf(made(model))).message).toContain(
      'output "y" has no shape in the model file. State it: output',
    );
    const stated = await made(model, 'max_batch_size: 4 output { name: "y" data_type: TYPE_FP32 dims: 2 }');
    expect(stated).toMatchObject({ batchable: true, outputs: [{ name: 'y', shape: [-1, 2] }] });
  });

  it('has one shape for clients and another for the model where the configuration reshapes', async () => {
    const definition = await made(
      open,
      `max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [ 1, 3 ] reshape { shape: [ 3 ] } }
      output { name: "y" data_type: TYPE_FP32 dims: [ 3, 1 ] reshape { shape: [ 3 ] } }`,
    );
    expect(definition).toMatchObject({
      inputs: [{ name: 'x', shape: [-1, 1, 3], dimNames: ['batch', null, null] }],
      outputs: [{ name: 'y', shape: [-1, 3, 1] }],
    });
    expect(definition.inputReshapes).toEqual(new Map([['x', { client: [-1, 1, 3], model: [-1, 3] }]]));
    expect(definition.outputReshapes).toEqual(new Map([['y', { client: [-1, 3, 1], model: [-1, 3] }]]));
  });

  it('gives a tensor that is nothing but the batch a dimension of 1, as Triton does', async () => {
    const vector = identityModel([{ datatype: 'FP32', shape: ['batch'] }]);
    const completed = await made(vector);
    expect(completed.inputs).toMatchObject([{ shape: [-1, 1], dimNames: ['batch', null] }]);
    const stated =
      'max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: 1 reshape { shape: [ ] } }';
    expect((await made(vector, stated)).inputReshapes).toEqual(completed.inputReshapes);
    // Without stacking the one dimension is the full shape.
    const alone = await made(vector, 'max_batch_size: 0');
    expect(alone).toMatchObject({ stacks: false, batchable: true, inputs: [{ shape: [-1] }] });
    expect(alone.batchingNote).toContain('max_batch_size is 0 in config.pbtxt: dims are the full shapes');
  });

  it('leaves out an optional input that has its value in the file, and says so', async () => {
    const definition = await made(
      withDefault,
      `input [ { name: "x" data_type: TYPE_FP32 dims: 2 },
      { name: "b" data_type: TYPE_FP32 dims: 2 optional: true } ]`,
    );
    expect(definition.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(definition.keptDefaults).toEqual(['b']);
  });

  it('finds a file of another name, and a folder that holds the model with its data', async () => {
    folder.write({ 'm/1/net.onnx': open });
    expect((await faultOf(define())).message).toContain(
      'version 1 has no file "model.onnx"; it has "net.onnx". Rename the file, or set default_model_filename: "net.onnx"',
    );
    folder.write({ 'm/config.pbtxt': 'default_model_filename: "net.onnx"' });
    expect((await define()).versions[0]?.path).toBe(join(folder.path, 'm/1/net.onnx'));
    const { file, externalData } = linearModel(2, 2, new Float32Array(4), 'w.bin');
    folder.write({ 'n/1/model.onnx/model.onnx': file, 'n/1/model.onnx/w.bin': externalData ?? '' });
    expect((await define('n')).fileSizeBytes).toBe(file.byteLength + 16);
  });

  it('names the fields that are kept without effect', async () => {
    const definition = await made(
      open,
      'response_cache { enable: true } parameters { key: "memory.enable_arena" value { string_value: "1" } } parameters { key: "intra_op_thread_count" value { string_value: "1" } }',
    );
    expect(definition.keptFields).toEqual(['response_cache', 'parameters "memory.enable_arena"']);
    const accelerated = await made(
      open,
      'optimization { execution_accelerators { gpu_execution_accelerator [ { name: "tensorrt" }, { name: "warp" } ] } }',
    );
    expect(accelerated.keptFields).toEqual([
      'optimization.execution_accelerators.gpu_execution_accelerator "warp"',
    ]);
  });

  it('of a simulated device needs no file', async () => {
    folder.write({
      'm/config.pbtxt': `backend: "ferry_simulated" max_batch_size: 64 dynamic_batching { }
      input { name: "x" data_type: TYPE_FP32 dims: 16 } output { name: "y" data_type: TYPE_STRING dims: 1 }
      parameters { key: "ferry.simulated.base_us" value { string_value: "2000" } }`,
    });
    const definition = await define();
    expect(definition).toMatchObject({
      backend: 'simulated',
      batchable: true,
      settings: { maxBatchSize: 64, batching: 'fixed' },
      versions: [{ version: '1', served: true }],
    });
    expect(
      definition.versions[0] && definition.instanceSpecOf(definition.versions[0], definition.settings),
    ).toMatchObject({
      backend: 'simulated',
      baseUs: 2000,
      perRowUs: 0,
      inputs: [{ name: 'x', shape: [-1, 16] }],
      outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1, 1] }],
    });
  });

  it.each([
    [
      'an unknown field',
      open,
      'max_batchsize: 3',
      'config.pbtxt, line 1, column 1: unknown field "max_batchsize"',
    ],
    ['another name', open, 'name: "other"', 'name is "other", the folder is called "m"'],
    ['another backend', open, 'backend: "tensorrt"', 'backend "tensorrt" is not here'],
    ['another platform', open, 'platform: "pytorch_libtorch"', 'platform "pytorch_libtorch" is not here'],
    ['an ensemble', open, 'ensemble_scheduling { }', 'ensembles are not supported'],
    [
      'iterative sequences',
      open,
      'sequence_batching { iterative_sequence: true }',
      'iterative_sequence is not supported',
    ],
    [
      'batches of a model that has none',
      single,
      'max_batch_size: 8',
      'max_batch_size is 8, but requests of this model cannot be stacked: input "x" has the fixed first dimension 1',
    ],
    [
      'an input that is not there',
      open,
      'input { name: "X1" data_type: TYPE_FP32 dims: 3 }',
      'input "X1" is not in the model; it has "x".',
    ],
    [
      'a wrong type',
      open,
      'input { name: "x" data_type: TYPE_INT64 dims: 3 }',
      'input "x" is TYPE_INT64, the model has FP32',
    ],
    [
      'wrong dims',
      open,
      'max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: 5 }',
      'stand for [-1, 5] with the batch dimension that max_batch_size adds; the model has [-1, 3]',
    ],
    [
      'dims with the batch in them',
      open,
      'max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [ -1, 3 ] }',
      'Leave the batch dimension out of dims',
    ],
    [
      'dims without it',
      open,
      'max_batch_size: 0 input { name: "x" data_type: TYPE_FP32 dims: 3 }',
      'Set max_batch_size, or put -1 in front of dims',
    ],
    [
      'a dimension of 0',
      open,
      'input { name: "x" data_type: TYPE_FP32 dims: 0 }',
      'contain 0; a dimension is at least 1, or -1',
    ],
    [
      'one of two inputs',
      two,
      'input { name: "x0" data_type: TYPE_INT64 dims: -1 }',
      'input "x1" of the model is not listed',
    ],
    [
      'one input twice',
      open,
      'input [ { name: "x" dims: 3 }, { name: "x" dims: 3 } ]',
      'input "x" is listed twice',
    ],
    [
      'a reshape to other elements',
      open,
      'input { name: "x" data_type: TYPE_FP32 dims: 4 reshape { shape: [ 3 ] } }',
      'reshape of input "x": dims have 4 elements, reshape has 3. A reshape keeps every element',
    ],
    [
      'a reshape to another shape than the graph has',
      open,
      'input { name: "x" data_type: TYPE_FP32 dims: 3 reshape { shape: [ 3, 1 ] } }',
      'reshape of input "x" stand for [-1, 3, 1] with the batch dimension that max_batch_size adds; the model has [-1, 3]',
    ],
    [
      'a reshape without dims',
      open,
      'input { name: "x" data_type: TYPE_FP32 reshape { shape: [ 3 ] } }',
      'input "x" has no dims',
    ],
    [
      'an empty reshape of a model that does not stack',
      single,
      'output { name: "y" data_type: TYPE_FP32 dims: 1 reshape { shape: [ ] } }',
      'output "y" has an empty reshape, which needs max_batch_size above 0',
    ],
    [
      'dims of 1 for what is only the batch',
      identityModel([{ datatype: 'FP32', shape: ['n'] }]),
      'input { name: "x" data_type: TYPE_FP32 dims: 1 }',
      'the model has [-1]. Add reshape { shape: [ ] }',
    ],
    [
      'an optional input that the model needs',
      open,
      'input { name: "x" data_type: TYPE_FP32 dims: 3 optional: true }',
      'input "x" is optional, but the model cannot run without it',
    ],
    [
      'a value for an input that has its own',
      withDefault,
      'input [ { name: "x" data_type: TYPE_FP32 dims: 2 }, { name: "b" data_type: TYPE_FP32 dims: 2 } ]',
      'input "b" has a value of its own in the model file',
    ],
    [
      'a file elsewhere',
      open,
      'default_model_filename: "../2/model.onnx"',
      'must be a file name without a path',
    ],
    [
      'a format without 3 dims',
      open,
      'input { name: "x" data_type: TYPE_FP32 dims: 3 format: FORMAT_NCHW }',
      'needs 3 dims; it has 1',
    ],
    [
      'a cost that is no number',
      open,
      'backend: "ferry_simulated" max_batch_size: 1 input { name: "x" data_type: TYPE_FP32 dims: 1 } output { name: "y" data_type: TYPE_FP32 dims: 1 } parameters { key: "ferry.simulated.base_us" value { string_value: "-1" } }',
      'is "-1"; it must be microseconds',
    ],
    ['a device without tensors', open, 'backend: "ferry_simulated"', 'needs both input and output'],
  ])('refuses %s', async (_what, model, config, expected) => {
    const fault = await faultOf(made(model, config));
    expect(['MODEL_INVALID', 'UNSUPPORTED']).toContain(fault.code);
    expect(fault.message).toContain(expected);
  });

  it('refuses a folder without versions, saying what was taken for one', async () => {
    folder.write({ 'm/v1/model.onnx': open });
    expect((await faultOf(define())).message).toContain('no version directory ("v1" is none');
  });

  it.each(['..', '../m', 'a/b', '', '.hidden', 'a\\b', 'x\0'])('refuses the name %j', async (name) => {
    expect((await faultOf(define(name))).code).toBe('INVALID_ARGUMENT');
  });

  it('refuses folders and files that lead out of the repository by a link', async () => {
    const outside = temporaryFolder();
    try {
      const file = outside.write({ 'm/1/model.onnx': open });
      symlinkSync(join(outside.path, 'm'), join(folder.path, 'm'));
      expect((await faultOf(define())).message).toContain('leads outside');
      mkdirSync(join(folder.path, 'n/1'), { recursive: true });
      symlinkSync(file, join(folder.path, 'n/1/model.onnx'));
      expect((await faultOf(define('n'))).message).toContain('leads outside');
    } finally {
      outside.remove();
    }
  });

  it('has a fingerprint that changes with each file', async () => {
    const { file, externalData } = linearModel(2, 2, new Float32Array(4), 'w.bin');
    folder.write({ 'm/1/model.onnx': file, 'm/1/w.bin': externalData ?? '' });
    const seen = [(await define()).fingerprint];
    const next = async (): Promise<void> => {
      seen.push((await define()).fingerprint);
    };
    await next();
    expect(new Set(seen).size).toBe(1);
    folder.write({ 'm/config.pbtxt': 'max_batch_size: 2' });
    await next();
    folder.write({ 'm/1/w.bin': new Uint8Array(17) });
    await next();
    folder.write({ 'm/2/model.onnx': open });
    await next();
    rmSync(join(folder.path, 'm/2'), { recursive: true });
    writeFileSync(join(folder.path, 'm/1/model.onnx'), Buffer.concat([file]));
    await next();
    expect(new Set(seen).size).toBe(5);
  });
});

describe('written settings', () => {
  it('are in the file, with its comments, and in the definition', async () => {
    const before = await made(open, '# ours\nmax_batch_size: 8 # agreed\n');
    const after = await writeSettings(before, { maxBatchSize: 4, maxQueueDelayUs: 250, instanceCount: 2 });
    expect(readFileSync(join(folder.path, 'm/config.pbtxt'), 'utf8')).toBe(
      '# ours\nmax_batch_size: 4 # agreed\ninstance_group { count: 2 kind: KIND_CPU }\ndynamic_batching { max_queue_delay_microseconds: 250 }\n',
    );
    expect(after.settings).toMatchObject({
      batching: 'fixed',
      maxBatchSize: 4,
      maxQueueDelayUs: 250,
      instanceCount: 2,
      intraOpThreads: 1,
    });
    expect(after.origins).toMatchObject({
      maxBatchSize: 'file',
      maxQueueDelayUs: 'file',
      intraOpThreads: 'default',
    });
    expect(after.fingerprint).toBe((await define()).fingerprint);
    expect(after.fingerprint).not.toBe(before.fingerprint);
  });

  it('make the file where there was none, and build on what was changed by hand meanwhile', async () => {
    const before = await made(open);
    folder.write({ 'm/config.pbtxt': 'metric_tags { key: "team" value: "search" }\n' });
    await writeSettings(before, { batching: 'off' });
    expect(readFileSync(join(folder.path, 'm/config.pbtxt'), 'utf8')).toBe(
      'metric_tags { key: "team" value: "search" }\nparameters { key: "ferry.batching" value { string_value: "off" } }\n',
    );
    expect((await define()).settings.batching).toBe('off');
  });

  it('that do not fit leave the file alone', async () => {
    const definition = await made(single, '# hand-written\n');
    expect((await faultOf(writeSettings(definition, { maxBatchSize: 4 }))).code).toBe('INVALID_ARGUMENT');
    expect(readFileSync(join(folder.path, 'm/config.pbtxt'), 'utf8')).toBe('# hand-written\n');
  });
});
