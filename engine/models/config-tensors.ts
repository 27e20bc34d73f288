import { EngineError } from '../base';
import { type ConfigInput, type ConfigOutput, didYouMean, type ModelConfig, wireDatatype } from '../config';
import type { TensorSpec } from '../contract';
import { formatShape } from '../tensor';
import { type Reshape, type Reshapes, reshapeFault } from './reshape';

/** Inputs and outputs as the graph has them; null for one without a shape in the file. */
export interface GraphTensors {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly unranked: readonly string[];
  /** Inputs with a value of their own in the file. */
  readonly defaulted: readonly string[];
}

/** Inputs and outputs of a model as clients see them, and where the model sees them otherwise. */
export interface ServedTensors {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly inputReshapes: Reshapes;
  readonly outputReshapes: Reshapes;
}

interface Stated {
  readonly spec: TensorSpec;
  readonly reshape: Reshape | null;
}

type Role = 'input' | 'output';
type Listed = readonly (ConfigInput | ConfigOutput)[] | undefined;

const refuse = (message: string): EngineError => new EngineError('MODEL_INVALID', `config.pbtxt: ${message}`);

/**
 * The graph's tensors with what the configuration says about them: it may fix dimensions that the graph leaves open, choose
 * among the outputs, and give clients another shape of the same elements.
 *
 * @param omitsBatch true: `dims` leave the batch dimension out
 * Errors: MODEL_INVALID naming the tensor, what the file says and what the graph says.
 */
export function mergeTensors(config: ModelConfig, graph: GraphTensors, omitsBatch: boolean): ServedTensors {
  const listed = config.input?.filter((tensor) => !keepsDefault(tensor, graph));
  return served(
    mergeSide('input', listed, graph.inputs, graph, omitsBatch),
    mergeSide('output', config.output, graph.outputs, graph, omitsBatch),
  );
}

/** The tensors of a model without a file: the configuration has to say all of them. Errors: MODEL_INVALID. */
export function statedTensors(config: ModelConfig, omitsBatch: boolean): ServedTensors {
  const all = (role: Role, listed: Listed) =>
    (listed ?? []).map((tensor) => statedTensor(role, tensor, omitsBatch, true));
  return served(all('input', config.input), all('output', config.output));
}

/** Inputs that a configuration lists as optional and that keep the value in the model file. */
export function keptDefaults(config: ModelConfig, graph: GraphTensors): readonly string[] {
  return (config.input ?? [])
    .filter((tensor) => keepsDefault(tensor, graph))
    .map((tensor) => tensor.name ?? '');
}

/**
 * ONNX Runtime's Node binding passes over a value for an input that has one in the file, so such an input is left out of what
 * requests may bring; it can only be listed as one that they need not bring.
 */
function keepsDefault(tensor: ConfigInput, { defaulted }: GraphTensors): boolean {
  if (!defaulted.includes(tensor.name ?? '')) return false;
  if (tensor.optional === true) return true;
  throw refuse(
    `input "${tensor.name}" has a value of its own in the model file, and ONNX Runtime's Node binding takes no other. Remove it, or say optional: true`,
  );
}

function served(inputs: readonly Stated[], outputs: readonly Stated[]): ServedTensors {
  return {
    inputs: inputs.map(({ spec }) => spec),
    outputs: outputs.map(({ spec }) => spec),
    inputReshapes: reshapesOf(inputs),
    outputReshapes: reshapesOf(outputs),
  };
}

function reshapesOf(tensors: readonly Stated[]): Reshapes {
  return new Map(tensors.flatMap(({ spec, reshape }) => (reshape ? [[spec.name, reshape] as const] : [])));
}

function mergeSide(
  role: Role,
  listed: Listed,
  specs: readonly TensorSpec[],
  { unranked }: GraphTensors,
  omitsBatch: boolean,
): readonly Stated[] {
  const unknown = specs.find(
    (spec) => unranked.includes(spec.name) && !listed?.some((tensor) => tensor.name === spec.name),
  );
  if (unknown && (listed === undefined || role === 'input')) {
    throw new EngineError(
      'MODEL_INVALID',
      `${role} "${unknown.name}" has no shape in the model file. State it: ${role} [ { name: "${unknown.name}" data_type: … dims: [ … ] } ] in config.pbtxt`,
    );
  }
  if (listed === undefined) return specs.map((spec) => completed(spec, omitsBatch));
  const merged = listed.map((tensor) => mergeTensor(role, tensor, specs, unranked, omitsBatch));
  refuseRepeated(role, merged);
  const missing =
    role === 'input'
      ? specs.find((spec) => !merged.some((tensor) => tensor.spec.name === spec.name))
      : undefined;
  if (missing) throw refuse(`input "${missing.name}" of the model is not listed; list all inputs or none`);
  return merged;
}

/** As Triton completes it: `dims` may not be empty, so what is nothing but the batch has one more dimension of size 1 for clients. */
function completed(spec: TensorSpec, omitsBatch: boolean): Stated {
  if (!omitsBatch || spec.shape.length !== 1) return { spec, reshape: null };
  const shape = [...spec.shape, 1];
  return {
    spec: { ...spec, shape, dimNames: [...spec.dimNames, null] },
    reshape: { client: shape, model: spec.shape },
  };
}

function refuseRepeated(role: Role, tensors: readonly Stated[]): void {
  const names = tensors.map(({ spec }) => spec.name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw refuse(`${role} "${repeated}" is listed twice`);
}

function mergeTensor(
  role: Role,
  tensor: ConfigInput | ConfigOutput,
  specs: readonly TensorSpec[],
  unranked: readonly string[],
  omitsBatch: boolean,
): Stated {
  const spec = specs.find((candidate) => candidate.name === tensor.name);
  if (!spec) {
    const names = specs.map((candidate) => candidate.name);
    throw refuse(
      `${role} "${tensor.name ?? ''}" is not in the model; it has ${names.map((name) => `"${name}"`).join(', ')}.${didYouMean(tensor.name ?? '', names)}`,
    );
  }
  if ('optional' in tensor && tensor.optional === true)
    throw refuse(
      `input "${spec.name}" is optional, but the model cannot run without it: it has no value of its own in the model file. Remove optional`,
    );
  const stated = statedTensor(role, tensor, omitsBatch);
  if (tensor.data_type !== undefined && stated.spec.datatype !== spec.datatype) {
    throw refuse(`${role} "${spec.name}" is ${tensor.data_type}, the model has ${spec.datatype}`);
  }
  if (tensor.dims === undefined || tensor.dims.length === 0) return completed(spec, omitsBatch);
  const inner = stated.reshape?.model ?? stated.spec.shape;
  const { shape } = stated.spec;
  if (unranked.includes(spec.name))
    return { spec: { ...spec, shape, dimNames: stated.spec.dimNames }, reshape: stated.reshape };
  const fits =
    inner.length === spec.shape.length && spec.shape.every((dim, axis) => dim === -1 || dim === inner[axis]);
  if (!fits) throw refuse(dimsMisfit(role, spec, stated, omitsBatch));
  if (stated.reshape === null) return { spec: { ...spec, shape }, reshape: null };
  // The file's names are those of the model's axes; only the batch is the same one for clients.
  const dimNames = shape.map((_, axis) => (omitsBatch && axis === 0 ? (spec.dimNames[0] ?? null) : null));
  return { spec: { ...spec, shape, dimNames }, reshape: stated.reshape };
}

function dimsMisfit(
  role: Role,
  spec: TensorSpec,
  { spec: own, reshape }: Stated,
  omitsBatch: boolean,
): string {
  const shape = reshape?.model ?? own.shape;
  const read = omitsBatch
    ? `${formatShape(shape)} with the batch dimension that max_batch_size adds`
    : `${formatShape(shape)}, and no batch dimension is added because max_batch_size is 0 or unset`;
  const field = reshape ? 'reshape' : 'dims';
  return `${field} of ${role} "${spec.name}" stand for ${read}; the model has ${formatShape(spec.shape)}${misfitHint(spec.shape, shape, omitsBatch)}`;
}

function misfitHint(graph: readonly number[], shape: readonly number[], omitsBatch: boolean): string {
  if (!omitsBatch)
    return shape.length === graph.length - 1 && graph[0] === -1
      ? '. Set max_batch_size, or put -1 in front of dims'
      : '';
  if (graph.length === 1 && shape[1] === 1) return '. Add reshape { shape: [ ] }';
  return shape.length === graph.length + 1 && shape[1] === -1
    ? '. Leave the batch dimension out of dims'
    : '';
}

/**
 * A tensor as the configuration alone states it.
 * Errors: MODEL_INVALID when it lacks a part, has a dimension that is neither -1 nor at least 1, or a reshape of other elements.
 */
function statedTensor(
  role: Role,
  tensor: ConfigInput | ConfigOutput,
  omitsBatch: boolean,
  complete = false,
): Stated {
  const name = tensor.name ?? '';
  if (name === '') throw refuse(`an ${role} has no name`);
  const datatype = tensor.data_type === undefined ? null : wireDatatype(tensor.data_type);
  if (datatype === null && (complete || tensor.data_type !== undefined))
    throw refuse(`${role} "${name}" has no data_type`);
  const dims = checkedDims(`${role} "${name}"`, tensor, complete);
  const batch = omitsBatch ? [-1] : [];
  const shape = [...batch, ...dims];
  const optional = complete && 'optional' in tensor && tensor.optional === true;
  const spec = { name, datatype: datatype ?? 'FP32', shape, dimNames: shape.map(() => null), optional };
  if (!tensor.reshape) return { spec, reshape: null };
  const inner = tensor.reshape.shape ?? [];
  const reshape = { client: shape, model: [...batch, ...inner] };
  refuseReshape(`${role} "${name}"`, { client: dims, model: inner }, omitsBatch);
  return { spec, reshape };
}

function checkedDims(what: string, tensor: ConfigInput | ConfigOutput, complete: boolean): readonly number[] {
  const dims = tensor.dims ?? [];
  if (dims.length === 0 && (complete || tensor.reshape)) throw refuse(`${what} has no dims`);
  refuseDims(`dims of ${what}`, dims);
  const format = 'format' in tensor ? tensor.format : undefined;
  if (format !== undefined && format !== 'FORMAT_NONE' && dims.length !== 3)
    throw refuse(`${what} is ${format}, which needs 3 dims; it has ${dims.length}`);
  return dims;
}

function refuseDims(what: string, dims: readonly number[]): void {
  const wrong = dims.find((dim) => dim !== -1 && dim < 1);
  if (wrong !== undefined)
    throw refuse(`${what} contain ${wrong}; a dimension is at least 1, or -1 when each request chooses it`);
}

/** @param inner both patterns without the batch dimension */
function refuseReshape(what: string, inner: Reshape, omitsBatch: boolean): void {
  refuseDims(`reshape of ${what}`, inner.model);
  if (inner.model.length === 0 && !omitsBatch)
    throw refuse(`${what} has an empty reshape, which needs max_batch_size above 0`);
  const fault = reshapeFault(inner);
  if (fault !== null) throw refuse(`reshape of ${what}: ${fault}. A reshape keeps every element`);
}
