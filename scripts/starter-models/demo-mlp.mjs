import { configText } from './config-text.mjs';
import { encodeModel } from './onnx-writer.mjs';

const widths = [512, 2048, 2048, 2048, 512];
const seed = 20261;

/**
 * The model that shows what batching is for. One request has to read 42 MB of weights from memory whatever its size;
 * a batch reads them once for all of its rows.
 * @returns {import('./model-folder.mjs').ModelFolder}
 */
export function demoMlp() {
  const name = 'demo-mlp';
  return {
    name,
    files: {
      '1/model.onnx': encodeModel(mlpGraph(name)),
      'config.pbtxt': configText({
        name,
        backend: 'onnxruntime',
        maxBatchSize: 32,
        inputs: [{ name: 'input', dims: [widths[0] ?? 0] }],
        outputs: [{ name: 'output', dims: [widths.at(-1) ?? 0] }],
        maxQueueDelayUs: 1000,
      }),
      'README.md': [
        '# demo-mlp',
        '',
        `A multilayer perceptron (${widths.join('-')}, FP32, ReLU between layers) with seeded random weights.`,
        'It is made by scripts/make-starter-models.mjs, answers nothing useful and is always the same file.',
        'It is bound by the traffic of its weights, so batching multiplies its throughput even on a CPU.',
        '',
        'Licence: MIT, as Ferry.',
        '',
      ].join('\n'),
    },
  };
}

/**
 * @param {string} name
 * @returns {import('./onnx-writer.mjs').Graph}
 */
function mlpGraph(name) {
  const random = uniform(seed);
  /** @type {import('./onnx-writer.mjs').Graph} */
  const graph = {
    name,
    doc: `MLP ${widths.join('-')}, seeded random weights`,
    nodes: [],
    initializers: [],
    inputs: [{ name: 'input', dims: ['batch', widths[0] ?? 0] }],
    outputs: [{ name: 'output', dims: ['batch', widths.at(-1) ?? 0] }],
  };
  const layers = widths.length - 1;
  let from = 'input';
  for (let layer = 1; layer <= layers; layer++) {
    const isLast = layer === layers;
    const sum = isLast ? 'output' : `sum${layer}`;
    addWeights(graph, layer, random);
    graph.nodes.push({ op: 'Gemm', inputs: [from, `weight${layer}`, `bias${layer}`], outputs: [sum] });
    if (!isLast) graph.nodes.push({ op: 'Relu', inputs: [sum], outputs: [`hidden${layer}`] });
    from = `hidden${layer}`;
  }
  return graph;
}

/**
 * He's scaling, in its uniform form: the values keep their size from layer to layer.
 * @param {import('./onnx-writer.mjs').Graph} graph
 * @param {number} layer
 * @param {() => number} random
 */
function addWeights(graph, layer, random) {
  const rows = widths[layer - 1] ?? 0;
  const columns = widths[layer] ?? 0;
  const limit = Math.sqrt(6 / rows);
  const weight = Float32Array.from({ length: rows * columns }, () => (random() * 2 - 1) * limit);
  const bias = Float32Array.from({ length: columns }, () => (random() * 2 - 1) * 0.01);
  graph.initializers.push({ name: `weight${layer}`, dims: [rows, columns], values: weight });
  graph.initializers.push({ name: `bias${layer}`, dims: [columns], values: bias });
}

/**
 * Mulberry32: the same numbers from the same seed on every machine.
 * @param {number} start
 * @returns {() => number} in [0, 1)
 */
export function uniform(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
