/** Product of the dimensions; 1 for a scalar (`[]`), 0 when any dimension is 0. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}

/** "[1, 3, -1]", as error messages show shapes. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
