import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Datatype, TensorSpec } from '../contract';
import { decodeBytesElements, elementCount, type NamedTensor } from '../tensor';
import { buildRequest } from '../testing/build-request';
import { checkClassification, classify, sixDecimals } from './classify';

const floats = (shape: readonly number[], values: readonly number[]): NamedTensor => ({
  name: 'y',
  datatype: 'FP32',
  shape,
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const textsOf = ({ data, shape, name }: NamedTensor) =>
  decodeBytesElements(data, elementCount(shape), name).map((text) => Buffer.from(text).toString());
const ranked = (tensor: NamedTensor, count: number, batchable = true, labels: string[] | null = null) => {
  const classes = classify(tensor, { count, batchable, labels });
  return { shape: classes.shape, texts: textsOf(classes) };
};

describe('the classes of an output', () => {
  it('are value, index and label, highest first, row by row', () => {
    expect(ranked(floats([2, 3], [0.1, 3.3, 2, 5, -1, 5]), 2, true, ['dog', 'cat'])).toEqual({
      shape: [2, 2],
      texts: ['3.300000:1:cat', '2.000000:2', '5.000000:0:dog', '5.000000:2'],
    });
  });

  it('of a model without a batch dimension are one list', () => {
    expect(ranked(floats([2, 2], [1, 4, 3, 2]), 3, false)).toEqual({
      shape: [3],
      texts: ['4.000000:1', '3.000000:2', '2.000000:3'],
    });
  });

  it('are all there are when more are asked for', () => {
    expect(ranked(floats([1, 2], [1, 2]), 2 ** 40)).toEqual({
      shape: [1, 2],
      texts: ['2.000000:1', '1.000000:0'],
    });
    expect(ranked(floats([0, 2], []), 5)).toEqual({ shape: [0, 2], texts: [] });
    expect(ranked(floats([2, 0], []), 5)).toEqual({ shape: [2, 0], texts: [] });
  });

  it('put NaN last and infinities where they belong', () => {
    expect(ranked(floats([1, 4], [Number.NaN, -Infinity, Infinity, 0]), 4).texts).toEqual([
      'inf:2',
      '0.000000:3',
      '-inf:1',
      'nan:0',
    ]);
  });

  it('of whole numbers are written digit for digit', () => {
    const data = new Uint8Array(BigInt64Array.of(2n ** 53n, 2n ** 53n + 1n, -1n).buffer);
    expect(ranked({ name: 'y', datatype: 'INT64', shape: [1, 3], data }, 2).texts).toEqual([
      '9007199254740993:1',
      '9007199254740992:0',
    ]);
  });

  it('are those of a stable sort, whether few or many are kept', () => {
    const values = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 150 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 150 }), (list, count) => {
        const single = list.map(Math.fround);
        const expected = single
          .map((value, index) => ({ value, index }))
          .sort((a, b) => (a.value === b.value ? a.index - b.index : a.value < b.value ? 1 : -1))
          .slice(0, count)
          .map(({ index }) => index);
        const found = ranked(floats([1, list.length], single), count).texts;
        expect(found.map((text) => Number(text.split(':')[1]))).toEqual(expected);
      }),
    );
  });

  it.each<Datatype>(['FP16', 'BF16', 'BYTES'])('do not exist for %s', (datatype) => {
    const tensor = { name: 'y', datatype, shape: [1], data: new Uint8Array(4) };
    expect(() => classify(tensor, { count: 1, batchable: false, labels: null })).toThrow(
      `output "y": classification of ${datatype}`,
    );
  });
});

describe('a request for classes', () => {
  const spec = (shape: readonly number[], datatype: Datatype = 'FP32'): TensorSpec => ({
    name: 'y',
    datatype,
    shape,
    dimNames: shape.map(() => null),
    optional: false,
  });
  const check = (rows: number, output: TensorSpec) => {
    const inputs = [floats([rows, 1], Array<number>(rows).fill(0))];
    const outputs = [{ name: 'y', binary: false, classificationCount: 1 }];
    return () => checkClassification(buildRequest(inputs, { outputs }), [output], true);
  };

  it('is refused before it runs when the model says that it is too large or has no order', () => {
    expect(check(2, spec([-1, 500_001]))).toThrow(/1000000 elements, it has 1000002/);
    expect(check(1, spec([-1, 3], 'BYTES'))).toThrow(/BYTES/);
    expect(check(2, spec([-1, 500_000]))).not.toThrow();
    expect(check(2, spec([-1, -1, 600_000]))).not.toThrow();
  });
});

it('six decimals are those of C: ties to even, large numbers in full', () => {
  expect([0.0078125, -0.0078125, 0.0234375, 1e22, 2.5, -0, 123456.789, -1e-9].map(sixDecimals)).toEqual([
    '0.007812',
    '-0.007812',
    '0.023438',
    '10000000000000000000000.000000',
    '2.500000',
    '-0.000000',
    '123456.789000',
    '-0.000000',
  ]);
});
