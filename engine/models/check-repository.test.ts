import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityModel } from '../testing/onnx-writer';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { checkRepository } from './check-repository';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const open = identityModel([{ datatype: 'FP32', shape: ['batch', 3] }]);
const check = (model?: string) =>
  checkRepository(folder.path, { cpuBudget: 4, platform: 'linux', ...(model ? { model } : {}) });

describe('a check of a repository', () => {
  it('says of every value where it comes from', async () => {
    folder.write({
      'm/1/model.onnx': open,
      'm/config.pbtxt': `max_batch_size: 8 # mine
        dynamic_batching { max_queue_delay_microseconds: 100 }
        input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]`,
    });
    const { models } = await check();
    expect(models).toMatchObject([{ name: 'm', status: 'ok', notices: [], error: null }]);
    const origins = Object.fromEntries(
      models[0]?.values.map(({ path, value, origin }) => [path, `${value} ${origin}`]) ?? [],
    );
    expect(origins).toMatchObject({
      max_batch_size: '8 file',
      'dynamic_batching.max_queue_delay_microseconds': '100 file',
      'dynamic_batching.preferred_batch_size': '[ 8 ] default',
      'dynamic_batching.default_queue_policy.max_queue_size': '1024 default',
      'input[0].dims': '[ 3 ] file',
      'output[0].name': '"y" onnx',
      'output[0].dims': '[ 3 ] onnx',
      'version_policy.latest.num_versions': '1 default',
      'instance_group[0].count': '1 default',
      'instance_group[0].kind': 'KIND_CPU default',
      'parameters["intra_op_thread_count"]': '"3" default',
      'parameters["ferry.execution_providers"]': '"cpu" default',
      default_model_filename: '"model.onnx" default',
    });
    const paths = models[0]?.values.map(({ path }) => path) ?? [];
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('warns of what has no effect, at the value and in words', async () => {
    folder.write({
      'm/1/model.onnx': open,
      'm/config.pbtxt': 'response_cache { enable: true } parameters { key: "k" value { string_value: "v" } }',
    });
    const [model] = (await check()).models;
    expect(model?.status).toBe('warn');
    expect(model?.notices.join()).toMatch(/response_cache.*parameters "k"/);
    expect(model?.values).toContainEqual({
      path: 'parameters["k"]',
      value: '"v"',
      origin: 'file',
      note: 'kept in the file, has no effect',
    });
    expect(model?.values.find(({ path }) => path === 'response_cache.enable')?.note).toMatch(/no effect/);
  });

  it('reports each fault, one in the text with line and column, and goes on', async () => {
    folder.write({
      'a/1/model.onnx': open,
      'a/config.pbtxt': 'name: "a"\n  max_batch_sise: 8\n',
      'b/1/model.onnx': new Uint8Array(5),
      'c/1/model.onnx': open,
      'c/config.pbtxt': 'output [ { name: "y" label_filename: "none.txt" } ]',
      'd/1/model.onnx': open,
      'bad name/1/model.onnx': open,
    });
    const { models, passedOver } = await check();
    expect(models.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'a error',
      'b error',
      'c error',
      'd ok',
    ]);
    expect(models[0]?.error).toMatch(
      /line 2, column 3: unknown field "max_batch_sise".*Did you mean "max_batch_size"/,
    );
    expect(models[1]?.error).toMatch(/version 1/);
    expect(models[2]?.error).toMatch(/"none.txt"/);
    expect(passedOver.map(({ name }) => name)).toEqual(['bad name']);
  });

  it('looks at one model alone, and rejects when there is none of the name, or no folder', async () => {
    folder.write({ 'a/1/model.onnx': open, 'b/1/model.onnx': open });
    expect((await check('b')).models.map(({ name }) => name)).toEqual(['b']);
    await expect(check('c')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(checkRepository(`${folder.path}/none`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
