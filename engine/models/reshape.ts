import { EngineError } from '../base';
import { formatShape, type NamedTensor } from '../tensor';

/** One tensor's two shapes, as patterns: -1 is a dimension that each request chooses, the batch in front included. */
export interface Reshape {
  /** What clients send or get (`dims`). */
  readonly client: readonly number[];
  /** What the model takes or gives (`reshape.shape`). */
  readonly model: readonly number[];
}

/** By name; a tensor that is not in it has one shape for both. */
export type Reshapes = ReadonlyMap<string, Reshape>;

/**
 * Why one pattern cannot be the other with every element kept; null when it can. Open dimensions stand for each other in their
 * order, so as many are needed on both sides, and what lies between two of them has to have as many elements: from
 * `[2, 4, -1, 6]` to `[8, -1, 1, 6]`.
 */
export function reshapeFault({ client, model }: Reshape): string | null {
  const [from, to] = [sectionSizes(client), sectionSizes(model)];
  if (from.length !== to.length)
    return `dims have ${from.length - 1} open dimensions, reshape has ${to.length - 1}`;
  const wrong = from.findIndex((size, i) => size !== to[i]);
  if (wrong < 0) return null;
  const where = from.length === 1 ? '' : `, counted in section ${wrong + 1} of those between open dimensions`;
  return `dims have ${from[wrong]} elements, reshape has ${to[wrong]}${where}`;
}

/** Elements before, between and after the open dimensions. */
function sectionSizes(pattern: readonly number[]): readonly number[] {
  const sizes = [1];
  for (const dim of pattern) {
    if (dim === -1) sizes.push(1);
    else sizes.push((sizes.pop() ?? 1) * dim);
  }
  return sizes;
}

/** A shape that fits one pattern, by the other: the k-th open dimension keeps its size. */
function reshaped(
  shape: readonly number[],
  from: readonly number[],
  to: readonly number[],
): readonly number[] {
  const open = shape.filter((_, axis) => from[axis] === -1);
  let next = 0;
  return to.map((dim) => (dim === -1 ? (open[next++] ?? 1) : dim));
}

/** Inputs that were checked against the client's shapes, with the model's. Their bytes are not touched. */
export function toModelShapes(inputs: readonly NamedTensor[], reshapes: Reshapes): readonly NamedTensor[] {
  return inputs.map((input) => {
    const reshape = reshapes.get(input.name);
    return reshape ? { ...input, shape: reshaped(input.shape, reshape.client, reshape.model) } : input;
  });
}

/**
 * Outputs with the client's shapes; the inverse of `toModelShapes`.
 * Errors: BACKEND_FAILED when the model gave a shape that the configuration does not describe.
 */
export function toClientShapes(outputs: readonly NamedTensor[], reshapes: Reshapes): readonly NamedTensor[] {
  return outputs.map((output) => {
    const reshape = reshapes.get(output.name);
    if (!reshape) return output;
    const { client, model } = reshape;
    const fits =
      output.shape.length === model.length &&
      model.every((dim, axis) => dim === -1 || dim === output.shape[axis]);
    if (!fits)
      throw new EngineError(
        'BACKEND_FAILED',
        `output "${output.name}" has shape ${formatShape(output.shape)}; config.pbtxt reshapes it from ${formatShape(model)}`,
      );
    return { ...output, shape: reshaped(output.shape, model, client) };
  });
}
