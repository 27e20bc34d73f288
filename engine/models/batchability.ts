import type { TensorSpec } from '../contract';

export interface Batchability {
  readonly batchable: boolean;
  /** Why not, or a caution; null when there is nothing to say. */
  readonly batchingNote: string | null;
}

/** Names like "DynamicDimension.3", "unk__12", "s0": exporters number them, so two that differ say nothing. */
const NUMBERED_NAME = /\d$/;

const CONVOLUTIONS = new Set(['Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv', 'FusedConv', 'NhwcConv', 'DeformConv']);
const MATRIX_PRODUCTS = new Set([
  'MatMul', 'Gemm', 'MatMulInteger', 'QLinearMatMul', 'FusedMatMul', 'FusedGemm', 'MatMulNBits', 'Einsum', 'LSTM', 'GRU', 'RNN',
  'Attention', 'MultiHeadAttention', 'GroupQueryAttention', 'DynamicQuantizeMatMul', 'QGemm',
]);

/**
 * Requests may be stacked along axis 0 iff every input and output leaves its first dimension open (Triton's rule), and no two
 * of them give that dimension different names of a person's choosing ("batch" and "boxes").
 *
 * @param operators how often each operator stands in the graph, subgraphs included; keys without domain
 */
export function judgeBatchability(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  operators: ReadonlyMap<string, number>,
): Batchability {
  const reason = firstObstacle(inputs, outputs);
  if (reason !== null) return { batchable: false, batchingNote: reason };
  const caution = mostlyConvolutions(operators)
    ? 'mostly convolutions: on a CPU batching gains little, because one image already fills the cores and a batch leaves the cache'
    : null;
  return { batchable: true, batchingNote: caution };
}

function firstObstacle(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): string | null {
  if (inputs.length === 0) return 'the model has no inputs';
  let named: { what: string; name: string } | null = null;
  for (const [role, specs] of [['input', inputs], ['output', outputs]] as const) {
    for (const spec of specs) {
      const what = `${role} "${spec.name}"`;
      const first = spec.shape[0];
      if (first === undefined) return `${what} is a scalar: it has no dimension to batch along`;
      if (first !== -1) return `${what} has the fixed first dimension ${first}`;
      const name = spec.dimNames[0] ?? null;
      if (name === null || NUMBERED_NAME.test(name)) continue;
      if (named !== null && named.name !== name) {
        return `${what} calls its first dimension "${name}", ${named.what} calls it "${named.name}": they are not one batch dimension`;
      }
      named = { what, name };
    }
  }
  return null;
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
