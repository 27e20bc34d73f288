import { EngineError } from '../base';
import { type ConfigInput, type ConfigOutput, didYouMean, type ModelConfig, wireDatatype } from '../config';
import type { TensorSpec } from '../contract';
import { formatShape } from '../tensor';

/** Inputs and outputs as the graph has them; null for one without a shape in the file. */
export interface GraphTensors {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly unranked: readonly string[];
}

const refuse = (message: string, code: 'MODEL_INVALID' | 'UNSUPPORTED' = 'MODEL_INVALID'): EngineError =>
  new EngineError(code, `config.pbtxt: ${message}`);

/** Parts of Triton's configuration that change what a model answers and that Ferry does not have: better refused than ignored. */
export function checkSupported(config: ModelConfig, name: string): void {
  if (config.name !== undefined && config.name !== '' && config.name !== name) {
    throw refuse(
      `name is "${config.name}", the folder is called "${name}". Make them equal or remove the name`,
    );
  }
  const missing = MISSING_FEATURES.find(([has]) => has(config));
  if (missing) throw refuse(missing[1], 'UNSUPPORTED');
  const reshaped = [...(config.input ?? []), ...(config.output ?? [])].find(
    (tensor) => tensor.reshape !== undefined,
  );
  if (reshaped) {
    throw refuse(
      `reshape of "${reshaped.name ?? ''}" is not supported. Remove it and give the model's own shape in dims`,
      'UNSUPPORTED',
    );
  }
}

const MISSING_FEATURES: readonly (readonly [has: (config: ModelConfig) => boolean, message: string])[] = [
  [(c) => c.ensemble_scheduling !== undefined || c.platform === 'ensemble', 'ensembles are not supported'],
  [
    (c) => c.sequence_batching !== undefined,
    'sequence_batching is not supported: requests are independent of each other',
  ],
  [
    (c) => c.model_transaction_policy?.decoupled === true,
    'decoupled models are not supported: a request has one response',
  ],
  [
    (c) => c.input?.some((tensor) => tensor.allow_ragged_batch) === true,
    'allow_ragged_batch is not supported',
  ],
  [
    (c) => (c.batch_input?.length ?? 0) + (c.batch_output?.length ?? 0) > 0,
    'batch_input and batch_output are not supported',
  ],
];

/** Which backend serves the model. Errors: UNSUPPORTED for one that is not here. */
export function backendOf(config: ModelConfig): 'onnxruntime' | 'simulated' {
  const { backend = '', platform = '' } = config;
  if (backend === 'ferry_simulated') return 'simulated';
  if (backend !== '' && backend !== 'onnxruntime')
    throw refuse(
      `backend "${backend}" is not here; known are "onnxruntime" and "ferry_simulated"`,
      'UNSUPPORTED',
    );
  if (platform !== '' && platform !== 'onnxruntime_onnx')
    throw refuse(`platform "${platform}" is not here; the only one is "onnxruntime_onnx"`, 'UNSUPPORTED');
  return 'onnxruntime';
}

/**
 * The graph's tensors with what the configuration says about them: it may fix dimensions that the graph leaves open, and
 * choose among the outputs.
 *
 * @param omitsBatch true: `dims` leave the batch dimension out
 * Errors: MODEL_INVALID naming the tensor, what the file says and what the graph says.
 */
export function mergeTensors(
  config: ModelConfig,
  graph: GraphTensors,
  omitsBatch: boolean,
): { inputs: readonly TensorSpec[]; outputs: readonly TensorSpec[] } {
  const merge = (
    role: 'input' | 'output',
    listed: readonly (ConfigInput | ConfigOutput)[] | undefined,
    specs: readonly TensorSpec[],
  ) => {
    const unknown = specs.find(
      (spec) => graph.unranked.includes(spec.name) && !listed?.some((tensor) => tensor.name === spec.name),
    );
    if (unknown && (listed === undefined || role === 'input')) {
      throw new EngineError(
        'MODEL_INVALID',
        `${role} "${unknown.name}" has no shape in the model file. State it: ${role} [ { name: "${unknown.name}" data_type: … dims: [ … ] } ] in config.pbtxt`,
      );
    }
    if (listed === undefined) return specs;
    const merged = listed.map((tensor) => mergeTensor(role, tensor, specs, graph.unranked, omitsBatch));
    refuseRepeated(role, merged);
    const missing =
      role === 'input'
        ? specs.find((spec) => !merged.some((tensor) => tensor.name === spec.name))
        : undefined;
    if (missing) throw refuse(`input "${missing.name}" of the model is not listed; list all inputs or none`);
    return merged;
  };
  return {
    inputs: merge('input', config.input, graph.inputs),
    outputs: merge('output', config.output, graph.outputs),
  };
}

function refuseRepeated(role: string, specs: readonly TensorSpec[]): void {
  const repeated = specs.find((spec, i) => specs.findIndex((other) => other.name === spec.name) !== i);
  if (repeated) throw refuse(`${role} "${repeated.name}" is listed twice`);
}

function mergeTensor(
  role: 'input' | 'output',
  tensor: ConfigInput | ConfigOutput,
  specs: readonly TensorSpec[],
  unranked: readonly string[],
  omitsBatch: boolean,
): TensorSpec {
  const spec = specs.find((candidate) => candidate.name === tensor.name);
  if (!spec) {
    const names = specs.map((candidate) => candidate.name);
    throw refuse(
      `${role} "${tensor.name ?? ''}" is not in the model; it has ${names.map((name) => `"${name}"`).join(', ')}.${didYouMean(tensor.name ?? '', names)}`,
    );
  }
  const stated = statedTensor(role, tensor, omitsBatch);
  if (tensor.data_type !== undefined && stated.datatype !== spec.datatype) {
    throw refuse(`${role} "${spec.name}" is ${tensor.data_type}, the model has ${spec.datatype}`);
  }
  if (tensor.dims === undefined) return spec;
  if (unranked.includes(spec.name)) return { ...spec, shape: stated.shape, dimNames: stated.dimNames };
  const fits =
    stated.shape.length === spec.shape.length &&
    spec.shape.every((dim, axis) => dim === -1 || dim === stated.shape[axis]);
  if (!fits) throw refuse(dimsMisfit(role, spec, stated.shape, omitsBatch));
  return { ...spec, shape: stated.shape };
}

function dimsMisfit(role: string, spec: TensorSpec, shape: readonly number[], omitsBatch: boolean): string {
  const read = omitsBatch
    ? `${formatShape(shape)} with the batch dimension that max_batch_size adds`
    : `${formatShape(shape)}, and no batch dimension is added because max_batch_size is 0 or unset`;
  const hint =
    !omitsBatch && shape.length === spec.shape.length - 1 && spec.shape[0] === -1
      ? '. Set max_batch_size, or put -1 in front of dims'
      : omitsBatch && shape.length === spec.shape.length + 1 && shape[1] === -1
        ? '. Leave the batch dimension out of dims'
        : '';
  return `dims of ${role} "${spec.name}" stand for ${read}; the model has ${formatShape(spec.shape)}${hint}`;
}

/**
 * A tensor as the configuration alone states it.
 * Errors: MODEL_INVALID when it lacks a part or has a dimension that is neither -1 nor at least 1.
 */
export function statedTensor(
  role: 'input' | 'output',
  tensor: ConfigInput | ConfigOutput,
  omitsBatch: boolean,
  complete = false,
): TensorSpec {
  const name = tensor.name ?? '';
  if (name === '') throw refuse(`an ${role} has no name`);
  const datatype = tensor.data_type === undefined ? null : wireDatatype(tensor.data_type);
  if (datatype === null && (complete || tensor.data_type !== undefined))
    throw refuse(`${role} "${name}" has no data_type`);
  const dims = tensor.dims ?? [];
  if (dims.length === 0 && complete) throw refuse(`${role} "${name}" has no dims`);
  const wrong = dims.find((dim) => dim !== -1 && dim < 1);
  if (wrong !== undefined)
    throw refuse(
      `dims of ${role} "${name}" contain ${wrong}; a dimension is at least 1, or -1 when each request chooses it`,
    );
  const format = 'format' in tensor ? tensor.format : undefined;
  if (format !== undefined && format !== 'FORMAT_NONE' && dims.length !== 3)
    throw refuse(`${role} "${name}" is ${format}, which needs 3 dims; it has ${dims.length}`);
  const shape = omitsBatch ? [-1, ...dims] : [...dims];
  return { name, datatype: datatype ?? 'FP32', shape, dimNames: shape.map(() => null), optional: false };
}
