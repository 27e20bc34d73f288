import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount, type NamedTensor } from '../tensor';
import { type Reshape, reshapeFault, toClientShapes, toModelShapes } from './reshape';

/** Two patterns of the same sections: each section's factors are cut and joined anew. */
const section = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 });
const regrouped = (factors: readonly number[]): readonly number[] =>
  factors.length === 0 ? [] : [factors.reduce((a, b) => a * b, 1), 1];
const patterns = fc.array(section, { minLength: 1, maxLength: 3 }).map((sections): Reshape => {
  const join = (parts: readonly (readonly number[])[]) =>
    parts.flatMap((part, i) => (i === 0 ? part : [-1, ...part]));
  return { client: join(sections), model: join(sections.map(regrouped)) };
});
const tensors = fc
  .tuple(patterns, fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 3 }))
  .map(([reshape, open]) => {
    let next = 0;
    const shape = reshape.client.map((dim) => (dim === -1 ? (open[next++] ?? 1) : dim));
    const data = Uint8Array.from({ length: elementCount(shape) }, (_, i) => i);
    const tensor: NamedTensor = { name: 'x', datatype: 'UINT8', shape, data };
    return { reshape, tensor };
  });

describe('a reshape', () => {
  it('keeps bytes and element count on the way in, and the way out is its inverse', () => {
    fc.assert(
      fc.property(tensors, ({ reshape, tensor }) => {
        expect(reshapeFault(reshape)).toBeNull();
        const reshapes = new Map([['x', reshape]]);
        const [inside] = toModelShapes([tensor], reshapes);
        expect(inside?.data).toBe(tensor.data);
        expect(elementCount(inside?.shape ?? [])).toBe(elementCount(tensor.shape));
        expect(inside?.shape.length).toBe(reshape.model.length);
        expect(toClientShapes(inside ? [inside] : [], reshapes)).toEqual([tensor]);
      }),
    );
  });

  it('leaves tensors alone that it does not name', () => {
    const other: NamedTensor = { name: 'y', datatype: 'UINT8', shape: [2], data: new Uint8Array(2) };
    const reshapes = new Map([['x', { client: [-1, 1], model: [-1] }]]);
    expect(toModelShapes([other], reshapes)[0]).toBe(other);
    expect(toClientShapes([other], reshapes)[0]).toBe(other);
  });

  it.each([
    [[2, 4, -1, 6], [8, -1, 1, 6], null],
    [[-1, 1], [-1], null],
    [[-1, 4], [-1, 2, 3], 'dims have 4 elements, reshape has 6, counted in section 2'],
    [[6], [5], 'dims have 6 elements, reshape has 5'],
    [[-1, 2], [-1, -1, 2], 'dims have 1 open dimensions, reshape has 2'],
    // As many in all, but not on both sides of the open dimension.
    [[2, -1, 3], [3, -1, 2], 'dims have 2 elements, reshape has 3, counted in section 1'],
  ])('from %j to %j is checked section by section', (client, model, fault) => {
    const found = reshapeFault({ client, model });
    if (fault === null) expect(found).toBeNull();
    else expect(found).toContain(fault);
  });

  it('refuses an output that the model gave another shape', () => {
    const output: NamedTensor = { name: 'y', datatype: 'UINT8', shape: [2, 3], data: new Uint8Array(6) };
    expect(() => toClientShapes([output], new Map([['y', { client: [-1, 4], model: [-1, 2, 2] }]]))).toThrow(
      'output "y" has shape [2, 3]; config.pbtxt reshapes it from [-1, 2, 2]',
    );
  });
});
