import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseModelConfig } from '../config';
import type { Datatype, TensorSpec } from '../contract';
import type { Instance } from '../instances';
import type { NamedTensor } from '../tensor';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { readWarmup, type WarmupTarget, warmUp } from './warmup';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const spec = (name: string, datatype: Datatype, shape: readonly number[], optional = false): TensorSpec => ({
  name,
  datatype,
  shape,
  dimNames: shape.map(() => null),
  optional,
});
const target = (more: Partial<WarmupTarget> = {}): WarmupTarget => ({
  folder: folder.path,
  inputs: [spec('x', 'FP32', [-1, 2])],
  inputReshapes: new Map(),
  stacks: true,
  maxBatchSize: 8,
  ...more,
});
const read = (text: string, more: Partial<WarmupTarget> = {}) =>
  readWarmup(parseModelConfig(`model_warmup [ ${text} ]`).model_warmup ?? [], target(more));
const x = (more: string, type = 'TYPE_FP32', dims = '2') =>
  `inputs { key: "x" value { data_type: ${type} dims: [ ${dims} ] ${more} } }`;

/** An instance that remembers what it ran, and fails when told to. */
function recorder(fails = false) {
  const runs: (readonly NamedTensor[])[] = [];
  const run = async (inputs: readonly NamedTensor[]) => {
    runs.push(inputs);
    if (fails) throw new Error('index out of bounds');
    return { outputs: [], computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0 };
  };
  return { runs, instance: { run } as unknown as Instance };
}

describe('warm-up samples', () => {
  it('are n copies of one row, run as often as said, each time with buffers of its own', async () => {
    folder.write({ 'warmup/row': new Uint8Array(Float32Array.of(1, 2).buffer) });
    const samples = await read(`{ name: "a" batch_size: 3 count: 2 ${x('input_data_file: "row"')} }`);
    const { runs, instance } = recorder();
    await warmUp(instance, samples);
    expect(runs).toHaveLength(2);
    const [[first], [second]] = runs as [NamedTensor[], NamedTensor[]];
    expect(first).toMatchObject({ name: 'x', datatype: 'FP32', shape: [3, 2] });
    expect([...new Float32Array(first?.data.slice().buffer ?? [])]).toEqual([1, 2, 1, 2, 1, 2]);
    expect(second?.data.buffer).not.toBe(first?.data.buffer);
  });

  it('take zeros and random bytes of every kind, run once by default, and not at all with batch_size 0', async () => {
    const zero = await read(
      `{ name: "z" batch_size: 1 ${x('zero_data: false')} }, { name: "none" ${x('zero_data: true')} }`,
    );
    expect(zero.map(({ name, count }) => [name, count])).toEqual([['z', 1]]);
    expect(zero[0]?.inputs[0]?.data).toEqual(new Uint8Array(8));
    const texts = await read(`{ batch_size: 2 ${x('random_data: true', 'TYPE_STRING')} }`, {
      inputs: [spec('x', 'BYTES', [-1, 2])],
    });
    expect(texts[0]?.inputs[0]?.data.byteLength).toBe(2 * 2 * 12);
    const flags = await read(`{ batch_size: 1 ${x('random_data: true', 'TYPE_BOOL', '64')} }`, {
      inputs: [spec('x', 'BOOL', [-1, 64])],
    });
    expect(flags[0]?.inputs[0]?.data.every((byte) => byte <= 1)).toBe(true);
  });

  it('of a model that is not stacked have its full shape; an optional input may be left out', async () => {
    const inputs = [spec('x', 'FP32', [2]), spec('o', 'FP32', [1], true)];
    const samples = await read(`{ batch_size: 1 ${x('zero_data: true')} }`, { inputs, stacks: false });
    expect(samples[0]?.inputs.map(({ shape }) => shape)).toEqual([[2]]);
  });

  it.each([
    [
      'a batch beyond the largest',
      `{ name: "s" batch_size: 9 ${x('zero_data: true')} }`,
      /batch_size is 9.*at most 8/,
    ],
    [
      'an input that is not there',
      '{ name: "s" batch_size: 1 inputs { key: "q" value { } } }',
      /no input "q"/,
    ],
    ['a missing input', '{ name: "s" batch_size: 1 }', /input "x" is missing/],
    [
      'another type',
      `{ name: "s" batch_size: 1 ${x('zero_data: true', 'TYPE_INT8')} }`,
      /TYPE_INT8, the model has FP32/,
    ],
    [
      'open dims',
      `{ name: "s" batch_size: 1 ${x('zero_data: true', 'TYPE_FP32', '-1')} }`,
      /dims are \[-1\]/,
    ],
    [
      'other dims',
      `{ name: "s" batch_size: 1 ${x('zero_data: true', 'TYPE_FP32', '3')} }`,
      /\[1, 3\].*\[-1, 2\]/,
    ],
    ['no data', `{ name: "s" batch_size: 1 ${x('')} }`, /neither zero_data nor/],
    [
      'a file that is away',
      `{ name: "s" batch_size: 1 ${x('input_data_file: "none"')} }`,
      /"none" is not in/,
    ],
    ['a file elsewhere', `{ name: "s" batch_size: 1 ${x('input_data_file: "../out"')} }`, /leads outside/],
    ['a link', `{ name: "s" batch_size: 1 ${x('input_data_file: "link"')} }`, /leads outside/],
    [
      'a file of another size',
      `{ name: "s" batch_size: 1 ${x('input_data_file: "short"')} }`,
      /has 3 bytes, 8 are needed/,
    ],
    [
      'a file too large',
      `{ name: "s" batch_size: 1 ${x('input_data_file: "long"')} }`,
      /has 999 bytes, at most 8/,
    ],
    [
      'too many runs',
      `{ name: "s" batch_size: 1 count: 4000000000 ${x('zero_data: true')} }`,
      /at most 10000/,
    ],
  ])('are refused with %s, by name', async (_what, text, message) => {
    folder.write({ out: '12345678', 'warmup/short': 'abc', 'warmup/long': 'x'.repeat(999) });
    mkdirSync(join(folder.path, 'warmup'), { recursive: true });
    symlinkSync(join(folder.path, 'out'), join(folder.path, 'warmup/link'));
    await expect(read(text)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(new RegExp(`model_warmup "s".*${message.source}`)),
    });
  });

  it('of a size beyond all memory are refused before anything is taken', async () => {
    const huge = '2000000000, 2000000000';
    await expect(
      read(`{ batch_size: 1 ${x('zero_data: true', 'TYPE_FP32', huge)} }`, {
        inputs: [spec('x', 'FP32', [-1, -1, -1])],
      }),
    ).rejects.toThrow(/more than 268435456 bytes/);
  });

  it('that fail say which they were', async () => {
    const samples = await read(`{ name: "first" batch_size: 1 ${x('zero_data: true')} }`);
    await expect(warmUp(recorder(true).instance, samples)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: 'warm-up sample "first" failed: index out of bounds',
    });
  });
});
