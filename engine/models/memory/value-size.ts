import type { GraphValue } from '../onnx-types';
import { tensorBytes } from '../onnx-types';
import type { GraphOutline, OutlineConstant, OutlineNode } from './graph-outline';

/** How many elements a value has: `elements`, for each row of the batch when `perRow`. */
export interface ValueSize {
  readonly elements: number;
  readonly perRow: boolean;
  readonly elementType: number;
}

/** What an open dimension that is not the batch's is taken for: a request chooses it, and nothing in the file says more. */
export const OPEN_DIMENSION = 128;

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

/** Output is as large as the largest input: exact for these, a guess for operators that are in no list. */
const KEEPS_SIZE = new Set(
  `Abs Add And BatchNormalization Cast Ceil Clip Cos CumSum DequantizeLinear Div Dropout Elu Equal Erf Exp FastGelu Flatten
  Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization LayerNormalization LeakyRelu Less
  LessOrEqual Log LogSoftmax Max Min Mod Mul Neg Not Or PRelu Pow QuantizeLinear Reciprocal Relu Reshape Round Selu Sigmoid Sign
  SimplifiedLayerNormalization Sin SkipLayerNormalization Softmax Softplus Sqrt Squeeze Sub Sum Tanh Transpose Unsqueeze Where
  Xor`.split(/\s+/),
);
const COMPARES = new Set([
  'And',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Not',
  'Or',
  'Xor',
]);
const POOLS = new Set(['AveragePool', 'LpPool', 'MaxPool']);
const COUNTS = new Set(['ArgMax', 'ArgMin', 'NonZero', 'Shape', 'Size']);

/** The size that the file states for a value; null when it states none. */
export function statedSize(value: GraphValue | undefined, batchName: string | null): ValueSize | null {
  if (!value?.shape) return null;
  let elements = 1;
  let perRow = false;
  value.shape.forEach(({ size, name }, axis) => {
    const isBatch = size < 0 && (batchName !== null && name !== null ? name === batchName : axis === 0);
    if (isBatch && !perRow) perRow = true;
    else elements *= size < 0 ? OPEN_DIMENSION : size;
  });
  return { elements, perRow, elementType: value.elementType };
}

export interface Derived {
  readonly size: ValueSize;
  /** False: no rule for this operator; the largest input stands in. */
  readonly isSure: boolean;
}

/**
 * The size of each output of a node, from its inputs' sizes, the weights' shapes and its attributes. Sizes and not shapes:
 * what an operator does to the number of elements is short to say for nearly all of them.
 */
export function derivedSize(
  node: OutlineNode,
  sizeOf: (name: string) => ValueSize | undefined,
  { constants }: Pick<GraphOutline, 'constants'>,
): Derived {
  const sizes = node.inputs.flatMap((name) => sizeOf(name) ?? []);
  const elementType = typeOf(node, sizes);
  const [first] = sizes;
  // Made of constants alone: folded into the weights at load.
  if (!first) return { size: { elements: 0, perRow: false, elementType }, isSure: true };
  const weights = node.inputs.flatMap((name) => constants.get(name) ?? []);
  const ruled = byRule(node, sizes, weights[0]);
  const size = ruled ?? largest(sizes);
  return { size: { ...size, elementType }, isSure: ruled !== null || KEEPS_SIZE.has(node.operator) };
}

function typeOf({ operator, castTo }: OutlineNode, [first]: readonly ValueSize[]): number {
  if (castTo !== null && operator === 'Cast') return castTo;
  if (COMPARES.has(operator)) return BOOL;
  if (COUNTS.has(operator)) return INT64;
  return first?.elementType ?? FLOAT;
}

type Count = Pick<ValueSize, 'elements' | 'perRow'>;

function byRule(
  node: OutlineNode,
  sizes: readonly ValueSize[],
  weights: OutlineConstant | undefined,
): Count | null {
  const [first] = sizes as [ValueSize, ...ValueSize[]];
  const times = (factor: number): Count => ({
    elements: Math.ceil(first.elements * factor),
    perRow: first.perRow,
  });
  switch (node.operator) {
    case 'Shape':
    case 'Size':
      return { elements: 8, perRow: false };
    case 'Concat':
      return {
        elements: sizes.reduce((sum, size) => sum + size.elements, 0),
        perRow: sizes.some((size) => size.perRow),
      };
    case 'Split':
      return times(1 / Math.max(1, node.outputs.length));
    default:
      if (POOLS.has(node.operator)) return times(1 / Math.max(1, node.stride));
      return weights ? byWeights(node, first, weights, times) : null;
  }
}

function byWeights(
  node: OutlineNode,
  first: ValueSize,
  { dims }: OutlineConstant,
  times: (factor: number) => Count,
): Count | null {
  const last = dims.at(-1) ?? 1;
  const [leading = 1, second = 1] = dims;
  switch (node.operator) {
    case 'MatMul':
    case 'MatMulInteger':
      return times(last / Math.max(1, dims.at(-2) ?? 1));
    case 'Gemm':
      // Either way round, and the input tells which: its row is as long as one of the two.
      return { elements: first.elements === last ? leading : last, perRow: first.perRow };
    case 'Conv':
    case 'ConvInteger':
      return times(leading / Math.max(1, second * node.group) / Math.max(1, node.stride));
    case 'ConvTranspose':
      return times((second * node.group * node.stride) / Math.max(1, leading));
    case 'Gather':
      return times(dims.slice(1).reduce((product, dim) => product * dim, 1));
    default:
      return null;
  }
}

function largest(sizes: readonly ValueSize[]): Count {
  return sizes.reduce((most, size) => {
    if (size.perRow !== most.perRow) return size.perRow ? size : most;
    return size.elements > most.elements ? size : most;
  });
}

/** Bytes of one element; 4 for a type without whole bytes. */
export function elementBytes(elementType: number): number {
  return tensorBytes(elementType, []) ?? 4;
}
