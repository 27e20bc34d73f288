import { elementCount, formatShape } from '../../tensor';
import { failure } from '../cli-error';
import type { TensorMetadata } from '../v2-client';

/**
 * The shape under which data is sent: as it is when its rank is the model's; with a leading 1 when only the batch is missing; else
 * its elements in the model's shape, where the first open dimension takes what the others leave and the rest of the open ones are 1.
 *
 * Errors: CliError when the elements do not fit. Whether each dimension is allowed is for the server to say.
 */
export function fitShape(label: string, given: readonly number[], spec: TensorMetadata): readonly number[] {
  const wanted = spec.shape;
  if (given.length === wanted.length) return given;
  const isRow = given.length === wanted.length - 1 && given.every((dim, i) => fits(dim, wanted[i + 1]));
  if (isRow && fits(1, wanted[0])) return [1, ...given];
  if (given.length > 1) throw misfit(label, given, wanted);
  return spread(label, elementCount(given), wanted);
}

const fits = (dim: number, wanted: number | undefined): boolean => wanted === -1 || wanted === dim;

/** `count` elements in a shape whose open dimensions are -1. */
function spread(label: string, count: number, wanted: readonly number[]): readonly number[] {
  // An open batch is 1 where another dimension can take the elements.
  const open = wanted.flatMap((dim, axis) => (dim < 0 ? [axis] : []));
  const free = open.length > 1 && open[0] === 0 ? open[1] : open[0];
  const shape = wanted.map((dim) => (dim < 0 ? 1 : dim));
  const rest = elementCount(shape);
  if (free !== undefined) shape[free] = rest === 0 ? 0 : count / rest;
  if (elementCount(shape) !== count || !shape.every(Number.isInteger)) throw misfit(label, [count], wanted);
  return shape;
}

function misfit(label: string, given: readonly number[], wanted: readonly number[]) {
  return failure(
    `${label}: data of shape ${formatShape(given)} does not fit the model's ${formatShape(wanted)}; say how with --shape`,
  );
}

/** The same elements in the shape that was asked for. */
export function reshaped(label: string, count: number, shape: readonly number[]): readonly number[] {
  if (elementCount(shape) === count) return shape;
  throw failure(
    `${label}: --shape ${formatShape(shape)} has ${elementCount(shape)} elements, the data has ${count}`,
  );
}
