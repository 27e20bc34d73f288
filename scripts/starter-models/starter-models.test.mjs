import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeStarterModels } from '../make-starter-models.mjs';
import { uniform } from './demo-mlp.mjs';

let repository = '';

beforeAll(() => {
  repository = join(mkdtempSync(join(tmpdir(), 'ferry-starters-')), 'models');
  makeStarterModels(repository);
});

afterAll(() => rmSync(join(repository, '..'), { recursive: true, force: true }));

/**
 * @param {string} name
 * @param {string} input
 * @param {number[]} dims
 */
async function answer(name, input, dims) {
  const session = await InferenceSession.create(join(repository, name, '1', 'model.onnx'), {
    intraOpNumThreads: 1,
  });
  const size = dims.reduce((product, dim) => product * dim, 1);
  const random = uniform(1);
  const values = Float32Array.from({ length: size }, () => random());
  const outputs = await session.run({ [input]: new Tensor('float32', values, dims) });
  const [output] = Object.values(outputs);
  await session.release();
  if (output === undefined) throw new Error(`${name} gave no output`);
  return { dims: output.dims, values: /** @type {Float32Array} */ (output.data) };
}

test('the demo model answers a batch row by row as it answers single rows, with values of ordinary size', async () => {
  const batch = await answer('demo-mlp', 'input', [3, 512]);
  const single = await answer('demo-mlp', 'input', [1, 512]);
  expect(batch.dims).toEqual([3, 512]);
  expect(batch.values[0]).toBeCloseTo(single.values[0] ?? Number.NaN, 4);
  const largest = batch.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0.1);
  expect(largest).toBeLessThan(100);
});

test.each([
  ['ocr-orientation', [2, 3, 48, 192], [2, 2]],
  ['ocr-detection', [2, 3, 32, 64], [2, 1, 32, 64]],
  ['ocr-recognition', [2, 3, 48, 160], [2, 20, 6625]],
])('%s takes a batch in the shape that its settings say', async (name, dims, expected) => {
  expect((await answer(name, 'x', dims)).dims).toEqual(expected);
});

test('every model has settings, a version folder and a note on its licence', () => {
  for (const name of ['demo-mlp', 'ocr-orientation', 'ocr-detection', 'ocr-recognition', 'simulated-gpu']) {
    expect(readFileSync(join(repository, name, 'config.pbtxt'), 'utf8')).toContain(`name: "${name}"`);
    expect(existsSync(join(repository, name, '1'))).toBe(true);
    expect(readFileSync(join(repository, name, 'README.md'), 'utf8')).toMatch(/MIT/);
  }
});

test('the simulated model says that it is simulated wherever it is opened', () => {
  for (const file of ['config.pbtxt', 'README.md', '1/README.txt']) {
    expect(readFileSync(join(repository, 'simulated-gpu', file), 'utf8')).toContain('simulated');
  }
});
