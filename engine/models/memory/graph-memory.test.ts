import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OnnxGraph, writeOnnx } from '../../testing/onnx-writer';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder';
import { readOnnxFile } from '../onnx-file';
import { activationBytesAt } from './activation-peak';
import { correctedByGrowth, estimateMemory, INSTANCE_BYTES } from './memory-estimate';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function memoryOf(graph: OnnxGraph) {
  folder.write({ 'model.onnx': writeOnnx({ graph }) });
  return (await readOnnxFile(join(folder.path, 'model.onnx'))).memory;
}
const value = (name: string, shape: readonly (string | number)[]) =>
  ({ name, type: 'FLOAT', shape }) as const;
const weights = (name: string, dims: readonly number[]) =>
  ({ name, type: 'FLOAT', dims, rawData: new Uint8Array(dims.reduce((a, b) => a * b, 4)) }) as const;

const mlp: OnnxGraph = {
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w1'], outputs: ['h'] },
    { op: 'Relu', inputs: ['h'], outputs: ['r'] },
    { op: 'MatMul', inputs: ['r', 'w2'], outputs: ['y'] },
  ],
  initializers: [weights('w1', [8, 100]), weights('w2', [100, 2])],
  inputs: [value('x', ['batch', 8])],
  outputs: [value('y', ['batch', 2])],
};

test('weights are those of the file; the peak is what is alive together, for every batch size', async () => {
  const memory = await memoryOf(mlp);
  expect(memory.weightBytes).toBe(4000);
  expect(memory.packedBytes).toBe(4000);
  expect(memory.cautions).toEqual([]);
  // Input 8, hidden 100 (Relu writes over it), output 2: four bytes each.
  expect(activationBytesAt(memory.peak, 1)).toBe(4 * 110);
  expect(activationBytesAt(memory.peak, 32)).toBe(32 * 4 * 110);
});

test('an operator without a rule is taken as large as its input, and that is said', async () => {
  const { cautions } = await memoryOf({
    nodes: [
      { op: 'Mystery', inputs: ['x'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['y'] },
    ],
    inputs: [value('x', ['batch', 'time'])],
    outputs: [value('y', ['batch', 'time'])],
  });
  expect(cautions).toEqual([
    'sizes of 50 % of the values are known, others are taken as large as their input',
    'time taken as 128',
  ]);
});

test('a convolution multiplies by its channels and divides by its strides', async () => {
  const { peak } = await memoryOf({
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'w'],
        outputs: ['c'],
        attributes: [{ name: 'strides', ints: [2, 2] }],
      },
      { op: 'GlobalAveragePool', inputs: ['c'], outputs: ['y'] },
    ],
    initializers: [weights('w', [16, 3, 3, 3])],
    inputs: [value('x', ['batch', 3, 8, 8])],
    outputs: [value('y', ['batch', 16, 1, 1])],
  });
  expect(activationBytesAt(peak, 1)).toBe(4 * (3 * 64 + 16 * 16 + 16));
});

test('an estimate adds up instances; a measurement never falls below weights, thread and the largest batch', async () => {
  const memory = await memoryOf(mlp);
  const demand = { versions: [memory], maxRows: 8, instances: 2, isOnCpu: true, isStated: false };
  const estimate = estimateMemory(demand);
  const activations = 8 * 440;
  expect(estimate.activationBytes).toEqual([1, 2, 4, 8].map((rows) => [rows, rows * 440]));
  const unused = 2 ** 20 - activations;
  expect(estimate.totalBytes).toBe(2 * (4000 + activations + INSTANCE_BYTES + 4000 + unused));
  const least = 2 * (4000 + activations + INSTANCE_BYTES);
  expect(correctedByGrowth(estimate, { bytes: -5, warmedRows: 8 }).totalBytes).toBe(least);
});

test('what the warm-up ran is in the growth and is not added again; a larger batch adds the difference', async () => {
  const memory = await memoryOf(mlp);
  const estimate = estimateMemory({
    versions: [memory],
    maxRows: 8,
    instances: 2,
    isOnCpu: true,
    isStated: false,
  });
  const measured = (warmedRows: number) => correctedByGrowth(estimate, { bytes: 1e9, warmedRows });
  expect(measured(8)).toMatchObject({ source: 'measured', totalBytes: 1e9 });
  expect(measured(3).totalBytes).toBe(1e9 + 2 * 6 * 440);
  expect(measured(0).totalBytes).toBe(1e9 + 2 * 8 * 440);
});
