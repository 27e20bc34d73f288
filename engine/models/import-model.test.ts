import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineError } from '../base';
import { parseModelConfig } from '../config';
import { identityModel, linearModel } from '../testing/onnx-writer';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { importModel, removeModel } from './import-model';
import { inspectModel } from './inspect-model';
import { readModelDefinition } from './model-definition';

let folder: TemporaryFolder;
let repository: string;
beforeEach(() => {
  folder = temporaryFolder();
  repository = join(folder.path, 'repository');
  mkdirSync(repository);
});
afterEach(() => folder.remove());

const model = identityModel([{ datatype: 'FP32', shape: ['batch', 3] }]);
const bring = (path: string, name = 'm', signal?: AbortSignal): Promise<void> =>
  importModel({ path, name, repositoryPath: repository, ...(signal ? { signal } : {}) });
const inspect = (path: string, takenNames: readonly string[] = []) =>
  inspectModel(path, { cpuBudget: 4, takenNames, platform: 'linux' });
const faultOf = (promise: Promise<unknown>): Promise<EngineError> =>
  promise.then(
    () => {
      throw new Error('accepted');
    },
    (error: EngineError) => error,
  );
const define = (name = 'm') => readModelDefinition(repository, name, { cpuBudget: 4 });

describe('importing', () => {
  it('a file makes a model of one version with a minimal configuration', async () => {
    await bring(folder.write({ 'net v2.onnx': model }));
    expect(readdirSync(repository)).toEqual(['m']);
    expect(Buffer.compare(readFileSync(join(repository, 'm/1/model.onnx')), Buffer.from(model))).toBe(0);
    expect(parseModelConfig(readFileSync(join(repository, 'm/config.pbtxt'), 'utf8'))).toEqual({
      name: 'm',
      backend: 'onnxruntime',
    });
    expect((await define()).settings.batching).toBe('fixed');
  });

  it('brings the external data along, each a file of its own', async () => {
    const { file, externalData } = linearModel(2, 2, new Float32Array(4), 'data/w.bin');
    await bring(
      folder.write({ 'src/net.onnx': file, 'src/data/w.bin': externalData ?? '', 'src/other.bin': 'x' }),
    );
    expect(readdirSync(join(repository, 'm/1')).sort()).toEqual(['data', 'model.onnx']);
    expect(statSync(join(repository, 'm/1/data/w.bin')).nlink).toBe(1);
    expect((await define()).facts?.externalFiles).toHaveLength(1);
  });

  it('a plain folder takes its one .onnx file', async () => {
    folder.write({ 'src/net.onnx': model, 'src/README.md': '' });
    await bring(join(folder.path, 'src'));
    expect((await define()).name).toBe('m');
  });

  it('a model folder keeps its served versions, side files and commented configuration under the new name', async () => {
    folder.write({
      'src/1/model.onnx': model,
      'src/3/net.onnx': model,
      'src/labels.txt': 'a',
      'src/warmup/x': 'b',
      'src/.git/config': 'c',
      'src/config.pbtxt':
        '# hand-made\nname: "src"\ndefault_model_filename: "net.onnx"\nmax_batch_size: 4 # ours\n',
    });
    await bring(join(folder.path, 'src'));
    expect(readdirSync(join(repository, 'm')).sort()).toEqual(['3', 'config.pbtxt', 'labels.txt', 'warmup']);
    expect(readFileSync(join(repository, 'm/config.pbtxt'), 'utf8')).toBe(
      '# hand-made\nname: "m"\ndefault_model_filename: "net.onnx"\nmax_batch_size: 4 # ours\nbackend: "onnxruntime"\n',
    );
    expect((await define()).settings.maxBatchSize).toBe(4);
  });

  it('under a taken name says which is free, and touches nothing', async () => {
    const path = folder.write({ 'net.onnx': model });
    await bring(path);
    await bring(path, 'm-2');
    const fault = await faultOf(bring(path));
    expect(fault.code).toBe('ALREADY_EXISTS');
    expect(fault.message).toContain('for example "m-3"');
    expect(readdirSync(repository).sort()).toEqual(['m', 'm-2']);
  });

  it('leaves nothing behind when it fails or is cancelled', async () => {
    const { file, externalData } = linearModel(2, 2, new Float32Array(4), 'w.bin');
    const path = folder.write({ 'src/net.onnx': file, 'src/w.bin': externalData ?? '' });
    expect((await faultOf(bring(path, 'm', AbortSignal.abort()))).code).toBe('CANCELLED');
    expect((await faultOf(bring(folder.write({ 'bad.onnx': 'no model' })))).code).toBe('MODEL_INVALID');
    expect((await faultOf(bring(path, '../m'))).code).toBe('INVALID_ARGUMENT');
    expect((await faultOf(bring(join(folder.path, 'none')))).code).toBe('NOT_FOUND');
    expect(readdirSync(repository)).toEqual([]);
  });

  it('refuses external data that is a link', async () => {
    const { file } = linearModel(2, 2, new Float32Array(4), 'w.bin');
    const secret = folder.write({ secret: 'x'.repeat(16) });
    const path = folder.write({ 'src/net.onnx': file });
    symlinkSync(secret, join(folder.path, 'src/w.bin'));
    expect((await faultOf(bring(path))).message).toContain('symbolic link');
    const hard = folder.write({ 'hard/net.onnx': file });
    linkSync(secret, join(folder.path, 'hard/w.bin'));
    expect((await faultOf(bring(hard))).message).toContain('hard link');
  });
});

describe('removing', () => {
  it('deletes the folder of the model, and only within the repository', async () => {
    await bring(folder.write({ 'net.onnx': model }));
    writeFileSync(join(folder.path, 'precious'), '');
    await removeModel(repository, 'm');
    expect(readdirSync(repository)).toEqual([]);
    expect((await faultOf(removeModel(repository, '..'))).code).toBe('INVALID_ARGUMENT');
    expect((await faultOf(removeModel(repository, 'm'))).code).toBe('NOT_FOUND');
    expect(existsSync(join(folder.path, 'precious'))).toBe(true);
  });
});

describe('looking into a model', () => {
  it('tells what a file holds and the settings that it would start with', async () => {
    const path = folder.write({ 'My Näive net (v2).onnx': model });
    expect(await inspect(path, ['My-Naive-net-v2'])).toEqual({
      path,
      suggestedName: 'My-Naive-net-v2-2',
      kind: 'onnx-file',
      fileSizeBytes: model.byteLength,
      irVersion: 8,
      opsets: [{ domain: '', version: 17 }],
      producer: 'ferry-test',
      nodeCount: 1,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3], dimNames: ['batch', null], optional: false }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 3], dimNames: ['batch', null], optional: false }],
      batchable: true,
      batchingNote: null,
      memory: expect.objectContaining({ source: 'graph' }),
      settings: {
        batching: 'fixed',
        maxBatchSize: 16,
        preferredBatchSizes: [],
        maxQueueDelayUs: 0,
        maxQueueSize: 1024,
        instanceCount: 1,
        executionProviders: ['cpu'],
        intraOpThreads: 3,
        sloMs: null,
        allowedBatchSizes: [],
        maxInstanceCount: 1,
        deviceWeight: 1,
        deviceClass: 'foreground',
        pinned: false,
      },
    });
  });

  it('reads the configuration of a model folder', async () => {
    folder.write({ 'src/1/model.onnx': model, 'src/config.pbtxt': 'name: "intent" max_batch_size: 4' });
    expect(await inspect(join(folder.path, 'src'))).toMatchObject({
      suggestedName: 'intent',
      kind: 'model-folder',
      settings: { maxBatchSize: 4 },
    });
  });

  it.each<[string, Record<string, string | Uint8Array>, string]>([
    ['an empty folder', { 'src/readme.md': '' }, 'neither a version directory (1/, 2/, …) nor an .onnx file'],
    [
      'several files',
      { 'src/a.onnx': model, 'src/b.onnx': model },
      'has 2 .onnx files (a.onnx, b.onnx). Choose one of them',
    ],
    ['a configuration without versions', { 'src/config.pbtxt': '' }, 'no version directory'],
    ['a version without a model', { 'src/1/readme.md': '' }, 'version 1 has no file "model.onnx"'],
    ['a simulated device', { 'src/config.pbtxt': 'backend: "ferry_simulated"' }, 'a simulated device'],
  ])('says what is wrong with %s', async (_what, files, expected) => {
    folder.write(files);
    expect((await faultOf(inspect(join(folder.path, 'src')))).message).toContain(expected);
  });
});
