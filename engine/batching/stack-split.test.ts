import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Datatype } from '../contract';
import { ELEMENT_BYTES, encodeBytesElements, type NamedTensor } from '../tensor';
import { splitOutputs } from './split-outputs';
import { copyInputs, stackInputs } from './stack-inputs';

const datatypes = Object.keys(ELEMENT_BYTES) as Datatype[];

function tensorOf(name: string, datatype: Datatype, shape: number[]): fc.Arbitrary<NamedTensor> {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const size = ELEMENT_BYTES[datatype];
  const data =
    size === null
      ? fc
          .array(fc.uint8Array({ maxLength: 6 }), { minLength: count, maxLength: count })
          .map(encodeBytesElements)
      : fc.uint8Array({ minLength: count * size, maxLength: count * size });
  return data.map((bytes) => ({ name, datatype, shape, data: bytes }));
}

const batches = fc
  .record({
    rows: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
    specs: fc.array(
      fc.record({
        datatype: fc.constantFrom(...datatypes),
        inner: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .chain(({ rows, specs }) =>
    fc.tuple(
      ...rows.map((count) =>
        fc.tuple(...specs.map(({ datatype, inner }, i) => tensorOf(`t${i}`, datatype, [count, ...inner]))),
      ),
    ),
  );

test('split(stack(x)) = x for every datatype, shape and number of requests, whatever is padded', () => {
  fc.assert(
    fc.property(batches, fc.integer({ min: 0, max: 9 }), (perRequest, paddedRows) => {
      const rows = perRequest.map((tensors) => tensors[0]?.shape[0] ?? 0);
      const stacked = stackInputs(perRequest, paddedRows);
      const size = rows.reduce((sum, count) => sum + count, paddedRows);
      for (const { shape } of stacked) expect(shape[0]).toBe(size);
      const back = splitOutputs(stacked, rows, paddedRows);
      expect(back).toHaveLength(perRequest.length);
      back.forEach((tensors, r) => {
        tensors.forEach((tensor, i) => {
          const original = perRequest[r]?.[i];
          expect(tensor.shape).toEqual(original?.shape);
          expect(tensor.datatype).toBe(original?.datatype);
          expect(Buffer.from(tensor.data).equals(Buffer.from(original?.data ?? []))).toBe(true);
        });
      });
    }),
  );
});

test('padding repeats the last row, of strings too', () => {
  const strings = encodeBytesElements([Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)]);
  const [padded] = stackInputs([[{ name: 's', datatype: 'BYTES', shape: [3], data: strings }]], 2);
  expect(padded?.shape).toEqual([5]);
  const last = [2, 0, 0, 0, 2, 3];
  expect([...(padded?.data ?? [])]).toEqual([...strings, ...last, ...last]);
});

test('inputs are matched by name when a client sends them in another order', () => {
  const tensor = (name: string, byte: number): NamedTensor => ({
    name,
    datatype: 'UINT8',
    shape: [1, 1],
    data: Uint8Array.of(byte),
  });
  const stacked = stackInputs([
    [tensor('a', 1), tensor('b', 2)],
    [tensor('b', 4), tensor('a', 3)],
  ]);
  expect(stacked.map(({ name, data }) => [name, ...data])).toEqual([
    ['a', 1, 3],
    ['b', 2, 4],
  ]);
});

test('tensors that are views on what came from the network get memory of their own, alone and stacked', () => {
  const received = Buffer.from([9, 9, 1, 2, 3, 4, 9, 9]);
  const input: NamedTensor = { name: 'x', datatype: 'UINT8', shape: [1, 4], data: received.subarray(2, 6) };
  for (const [tensor] of [copyInputs([input]), stackInputs([[input]])]) {
    expect([...(tensor?.data ?? [])]).toEqual([1, 2, 3, 4]);
    expect(tensor?.data.buffer).not.toBe(received.buffer);
    expect(tensor?.data.buffer.byteLength).toBe(4);
  }
});
