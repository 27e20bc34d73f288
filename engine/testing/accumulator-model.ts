import { type OnnxDim, type OnnxElementType, writeOnnx } from './onnx-writer';

/**
 * A stateful model: `y = state + x`, `state_out = y`, and what it was told: `told = start * 100 + ready * 10 + end`,
 * `who = corrid`. It does not look at START itself: only what the engine gives as state tells one sequence from another.
 */
export function accumulatorModel(batch: OnnxDim, idType: OnnxElementType = 'UINT64'): Uint8Array {
  const float = (name: string) => ({ name, type: 'FLOAT' as const, shape: [batch, 1] });
  const id = (name: string) => ({ name, type: idType, shape: [batch, 1] });
  const scalar = (name: string, value: number) => ({
    name,
    type: 'FLOAT' as const,
    dims: [],
    rawData: new Uint8Array(Float32Array.of(value).buffer),
  });
  return writeOnnx({
    graph: {
      nodes: [
        { op: 'Add', inputs: ['state', 'x'], outputs: ['y'] },
        { op: 'Identity', inputs: ['y'], outputs: ['state_out'] },
        { op: 'Mul', inputs: ['start', 'hundred'], outputs: ['a'] },
        { op: 'Mul', inputs: ['ready', 'ten'], outputs: ['b'] },
        { op: 'Add', inputs: ['a', 'b'], outputs: ['c'] },
        { op: 'Add', inputs: ['c', 'end'], outputs: ['told'] },
        { op: 'Identity', inputs: ['corrid'], outputs: ['who'] },
      ],
      initializers: [scalar('hundred', 100), scalar('ten', 10)],
      inputs: [float('x'), float('state'), float('start'), float('ready'), float('end'), id('corrid')],
      outputs: [float('y'), float('state_out'), float('told'), id('who')],
    },
  });
}

const flag = (name: string, kind: string): string =>
  `control_input { name: "${name}" control { kind: CONTROL_SEQUENCE_${kind} fp32_false_true: [ 0, 1 ] } }`;

/**
 * Its config.pbtxt.
 *
 * @param strategy `direct { … }` or `oldest { … }`
 * @param more fields beside `sequence_batching`
 * @param dims of the state
 */
export function accumulatorConfig(
  strategy: string,
  more = 'max_batch_size: 4',
  { dims = '[ 1 ]', idType = 'TYPE_UINT64' } = {},
): string {
  return `
${more}
sequence_batching {
  max_sequence_idle_microseconds: 10000000
  ${strategy}
  ${flag('start', 'START')} ${flag('ready', 'READY')} ${flag('end', 'END')}
  control_input { name: "corrid" control { kind: CONTROL_SEQUENCE_CORRID data_type: ${idType} } }
  state { input_name: "state" output_name: "state_out" data_type: TYPE_FP32 dims: ${dims} }
}`;
}
