import type { TensorSpec } from '../../../engine/contract';

/** One dimension as text: its size, or for one that each request chooses its name in the file, else "any". */
export function dimText(spec: TensorSpec, axis: number): string {
  const size = spec.shape[axis] ?? -1;
  return size >= 0 ? String(size) : (spec.dimNames[axis] ?? 'any');
}

/** The whole shape in one line: "batch × 3 × any × any"; "scalar" for rank 0. */
export function shapeText(spec: TensorSpec): string {
  if (spec.shape.length === 0) return 'scalar';
  return spec.shape.map((_, axis) => dimText(spec, axis)).join(' × ');
}
