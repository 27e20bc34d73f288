import type { TensorSpec } from '../contract';

export interface Batchability {
  readonly batchable: boolean;
  /** Why not, or a caution; null when there is nothing to say. */
  readonly batchingNote: string | null;
}

/** Names like "DynamicDimension.3", "unk__12", "s0": exporters number them, so two that differ say nothing. */
const NUMBERED_NAME = /\d$/;

const CONVOLUTIONS = new Set([
  'Conv',
  'ConvTranspose',
  'ConvInteger',
  'QLinearConv',
  'FusedConv',
  'NhwcConv',
  'DeformConv',
]);
const MATRIX_PRODUCTS = new Set([
  'MatMul',
  'Gemm',
  'MatMulInteger',
  'QLinearMatMul',
  'FusedMatMul',
  'FusedGemm',
  'MatMulNBits',
  'Einsum',
  'LSTM',
  'GRU',
  'RNN',
  'Attention',
  'MultiHeadAttention',
  'GroupQueryAttention',
  'DynamicQuantizeMatMul',
  'QGemm',
]);

/**
 * Requests may be stacked along axis 0 iff every input and output leaves its first dimension open (Triton's rule), and no two
 * of them give that dimension different names of a person's choosing ("batch" and "boxes").
 *
 * @param operators how often each operator stands in the graph, subgraphs included; keys without domain
 * @param unranked names of tensors without a shape: nothing speaks against them, config.pbtxt has to give their dims
 */
export function judgeBatchability(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  operators: ReadonlyMap<string, number>,
  unranked: readonly string[] = [],
): Batchability {
  const reason = firstObstacle(inputs, outputs, new Set(unranked));
  if (reason !== null) return { batchable: false, batchingNote: reason };
  const caution = mostlyConvolutions(operators)
    ? 'mostly convolutions: on a CPU batching gains little, because one image already fills the cores and a batch leaves the cache'
    : null;
  return { batchable: true, batchingNote: caution };
}

interface NamedAxis {
  readonly what: string;
  readonly name: string;
}

function firstObstacle(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  unranked: ReadonlySet<string>,
): string | null {
  if (inputs.length === 0) return 'the model has no inputs';
  const tensors = [
    ...inputs.map((spec) => ({ what: `input "${spec.name}"`, spec })),
    ...outputs.map((spec) => ({ what: `output "${spec.name}"`, spec })),
  ].filter(({ spec }) => !unranked.has(spec.name));
  const obstacle = tensors
    .map(({ what, spec }) => fixedFirstDimension(what, spec))
    .find((reason) => reason !== null);
  return obstacle ?? conflictingNames(tensors.flatMap(({ what, spec }) => namedAxis(what, spec)));
}

function fixedFirstDimension(what: string, spec: TensorSpec): string | null {
  const [first] = spec.shape;
  if (first === undefined) return `${what} is a scalar: it has no dimension to batch along`;
  return first === -1 ? null : `${what} has the fixed first dimension ${first}`;
}

function namedAxis(what: string, spec: TensorSpec): NamedAxis[] {
  const name = spec.dimNames[0] ?? null;
  return name === null || NUMBERED_NAME.test(name) ? [] : [{ what, name }];
}

function conflictingNames(axes: readonly NamedAxis[]): string | null {
  const [first] = axes;
  const other = axes.find((axis) => axis.name !== first?.name);
  if (first === undefined || other === undefined) return null;
  return `${other.what} calls its first dimension "${other.name}", ${first.what} calls it "${first.name}": they are not one batch dimension`;
}

function mostlyConvolutions(operators: ReadonlyMap<string, number>): boolean {
  let convolutions = 0;
  let products = 0;
  for (const [operator, count] of operators) {
    if (CONVOLUTIONS.has(operator)) convolutions += count;
    else if (MATRIX_PRODUCTS.has(operator)) products += count;
  }
  return convolutions > products;
}
