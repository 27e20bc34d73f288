import { type OnnxNode, type OnnxTensor, type OnnxValue, writeOnnx } from '../testing/onnx-writer';

const floats = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const constant = (name: string, dims: readonly number[], values: readonly number[]): OnnxTensor => ({
  name,
  type: 'FLOAT',
  dims,
  rawData: floats(values),
});
const value = (name: string, type: OnnxValue['type'], shape: OnnxValue['shape']): OnnxValue => ({
  name,
  type,
  shape,
});

/** `y = x + addend`, FP32. */
export function addingModel(shape: readonly (string | number)[], addend = 1): Uint8Array {
  return writeOnnx({
    graph: {
      nodes: [{ op: 'Add', inputs: ['x', 'addend'], outputs: ['y'] }],
      initializers: [constant('addend', [], [addend])],
      inputs: [value('x', 'FLOAT', shape)],
      outputs: [value('y', 'FLOAT', shape)],
    },
  });
}

/** `sum = a + b`, `difference = a - b`, INT64 `[batch, 2]`. */
export function sumAndDifferenceModel(): Uint8Array {
  return writeOnnx({
    graph: {
      nodes: [
        { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
        { op: 'Sub', inputs: ['a', 'b'], outputs: ['difference'] },
      ],
      inputs: [value('a', 'INT64', ['batch', 2]), value('b', 'INT64', ['batch', 2])],
      outputs: [value('sum', 'INT64', ['batch', 2]), value('difference', 'INT64', ['batch', 2])],
    },
  });
}

/**
 * `y[i] = x[(i + steps) mod width]`, FP32 `[batch, width]`: multiplied by a permutation matrix `steps` times, so that a
 * batch takes a while and every value still comes out exactly.
 */
export function rotatingModel(width: number, steps: number): Uint8Array {
  const matrix = new Float32Array(width * width);
  for (let column = 0; column < width; column++) matrix[((column + 1) % width) * width + column] = 1;
  const nodes: OnnxNode[] = Array.from({ length: steps }, (_, step) => ({
    op: 'MatMul',
    inputs: [step === 0 ? 'x' : `t${step}`, 'rotation'],
    outputs: [step === steps - 1 ? 'y' : `t${step + 1}`],
  }));
  return writeOnnx({
    graph: {
      nodes,
      initializers: [
        { name: 'rotation', type: 'FLOAT', dims: [width, width], rawData: new Uint8Array(matrix.buffer) },
      ],
      inputs: [value('x', 'FLOAT', ['batch', width])],
      outputs: [value('y', 'FLOAT', ['batch', width])],
    },
  });
}

/** `y = x + 1` where the file says batch 1: nothing to stack along. */
export const fixedBatchModel = (): Uint8Array => addingModel([1, 3]);

/** `y = x + 1` on a scalar. */
export const scalarModel = (): Uint8Array => addingModel([]);

/** config.pbtxt of a simulated device that echoes `[batch, width]` FP32 and takes `baseUs` per batch. */
export function simulatedConfig(options: { baseUs: number; width?: number; more?: string }): string {
  const { baseUs, width = 2, more = '' } = options;
  return `backend: "ferry_simulated"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ ${width} ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ ${width} ] } ]
parameters { key: "ferry.simulated.base_us" value { string_value: "${baseUs}" } }
parameters { key: "ferry.simulated.per_row_us" value { string_value: "0" } }
${more}
`;
}
