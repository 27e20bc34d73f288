import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Datatype, datatypeSchema } from '../../contract';
import { elementCount, encodeBytesElements, type NamedTensor } from '../../tensor';
import { jsonText } from '../json-text';
import type { TensorMetadata } from '../v2-client';
import { describeTensor, figuresOf } from './describe-tensor';
import { castTensor, elementsOf, type NumericDatatype, tensorOfNumbers } from './elements';
import { tensorOfJson, tensorsOfRequest } from './json-tensor';
import { fitShape, reshaped } from './shape-fit';

const spec = (datatype: Datatype, shape: readonly number[]): TensorMetadata => ({
  name: 'x',
  datatype,
  shape,
});
const floats = (...values: number[]): NamedTensor => ({
  name: 'x',
  datatype: 'FP64',
  shape: [values.length],
  data: new Uint8Array(Float64Array.from(values).buffer),
});

describe('data from JSON', () => {
  test.each([
    ['[[1,2],[3,4]]', [-1, 2], [2, 2]],
    ['[1,2]', [-1, 2], [1, 2]],
    ['[1,2,3,4]', [2, 2], [2, 2]],
    ['[1,2,3,4]', [-1, -1], [1, 4]],
    ['7', [-1, 1], [1, 1]],
    ['7', [], []],
    ['[]', [-1], [0]],
    ['[[],[]]', [-1, -1], [2, 0]],
    [' [ [ 1 , 2 ] ] ', [-1, 2], [1, 2]],
  ])('takes the shape of its nesting or of the model: %s for %j', (text, wanted, shape) => {
    expect(tensorOfJson('input "x"', text, spec('FP32', wanted), null).shape).toEqual(shape);
  });

  test('keeps every digit of 64-bit numbers, and takes NaN', () => {
    const big = tensorOfJson('input "x"', '[9223372036854775807]', spec('INT64', [1]), null);
    expect(elementsOf(big, 1)).toEqual([9223372036854775807n]);
    expect(elementsOf(tensorOfJson('input "x"', '[NaN]', spec('FP32', [1]), null), 1)).toEqual([Number.NaN]);
  });

  test('is a nested array of texts for BYTES', () => {
    const tensor = tensorOfJson('input "x"', '[["a","[,]"],["\\"","ü"]]', spec('BYTES', [-1, 2]), null);
    expect(tensor.shape).toEqual([2, 2]);
    expect(elementsOf(tensor, 9)).toEqual(['a', '[,]', '"', 'ü']);
  });

  test.each([
    [
      '[1,2,3]',
      'FP32',
      [-1, 2],
      null,
      /data of shape \[3\] does not fit the model's \[-1, 2\]; say how with --shape/,
    ],
    ['[[1,2],[3]]', 'FP32', [-1, 2], null, /input "x": .*ragged/],
    ['[300]', 'UINT8', [1], null, /input "x": .*300/],
    ['[1', 'FP32', [1], null, /input "x": /],
    ['[1]]', 'FP32', [1], null, /input "x": /],
    ['', 'FP32', [1], null, /input "x": /],
    ['[1,2,3]', 'FP32', [-1], [2, 2], /--shape \[2, 2\] has 4 elements, the data has 3/],
  ] as const)(
    'that does not fit is refused with the reason: %s',
    (text, datatype, wanted, shape, message) => {
      expect(() => tensorOfJson('input "x"', text, spec(datatype, wanted), shape)).toThrow(message);
    },
  );

  test('may be a whole request', () => {
    const text = '{"id":"7","inputs":[{"name":"a","datatype":"BOOL","shape":[2],"data":[true,false]}]}';
    expect(tensorsOfRequest('f', text)).toMatchObject([{ name: 'a', shape: [2], data: Uint8Array.of(1, 0) }]);
    expect(() => tensorsOfRequest('f', '{"id":"7"}')).toThrow(/f: the request has no "inputs"/);
  });
});

describe('the shape under which data is sent', () => {
  test('holds as many elements as were given, and fits the model wherever that fixes a dimension', () => {
    const dims = fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 4 })), { maxLength: 4 });
    fc.assert(
      fc.property(dims, fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }), (wanted, given) => {
        let sent: readonly number[];
        try {
          sent = fitShape('x', given, spec('FP32', wanted));
        } catch (error) {
          expect((error as Error).message).toMatch(/does not fit/);
          return;
        }
        expect(elementCount(sent)).toBe(elementCount(given));
        expect(sent).toHaveLength(wanted.length);
        if (given.length !== wanted.length)
          sent.forEach((dim, axis) => {
            expect([dim, -1]).toContain(wanted[axis]);
          });
      }),
    );
  });

  test('can be said', () => {
    expect(reshaped('x', 6, [2, 3])).toEqual([2, 3]);
  });
});

describe('numbers of a tensor', () => {
  const numeric = datatypeSchema.options.filter((datatype) => datatype !== 'BYTES') as NumericDatatype[];

  test.each(numeric)('come back as they were put in: %s', (datatype) => {
    const values = [0, 1, 1, 0];
    const read = elementsOf({ name: 'x', ...tensorOfNumbers('x', datatype, [4], values) }, 4);
    expect(read.map(Number)).toEqual(values);
  });

  test('are cast where the other datatype has a place for each', () => {
    const cast = castTensor('x', floats(1, -2), 'INT64');
    expect(elementsOf({ name: 'x', ...cast }, 2)).toEqual([1n, -2n]);
    expect(castTensor('x', cast, 'FP16').datatype).toBe('FP16');
    expect(() => castTensor('x', floats(1.5), 'INT32')).toThrow(
      'element 0 is 1.5; INT32 holds whole numbers',
    );
    expect(() => castTensor('x', floats(0, 256), 'UINT8')).toThrow(
      'element 1 is 256; UINT8 holds whole numbers from 0 to 255',
    );
    expect(() => castTensor('x', floats(2), 'BOOL')).toThrow(/BOOL/);
    expect(() => castTensor('x', floats(2), 'BYTES')).toThrow('FP64 cannot become BYTES');
    const exact = {
      name: 'x',
      datatype: 'INT64',
      shape: [1],
      data: new Uint8Array(BigInt64Array.of(2n ** 53n + 1n).buffer),
    } as const;
    expect(() => castTensor('x', exact, 'FP64')).toThrow(/would not be exact/);
  });

  test('are summed up, NaN left out', () => {
    expect(figuresOf(floats(3, -1, Number.NaN, 3))).toEqual({
      min: -1,
      max: 3,
      mean: 5 / 3,
      argmax: 0,
      notANumber: 1,
    });
    expect(figuresOf(floats(Number.NEGATIVE_INFINITY))?.argmax).toBe(0);
    expect(figuresOf(floats())).toBeNull();
    expect(describeTensor(floats(1, 2, 3, 4, 5, 6, 7, 8, 9))).toBe(
      'x  FP64 [9]\n  1, 2, 3, 4, 5, 6, 7, 8, … 9 in all\n  min 1  max 9  mean 5  argmax 8',
    );
  });

  test('are not looked for in texts', () => {
    const tensor: NamedTensor = {
      name: 'x',
      datatype: 'BYTES',
      shape: [1],
      data: encodeBytesElements([Buffer.from('hi')]),
    };
    expect(describeTensor(tensor)).toBe('x  BYTES [1]\n  "hi"');
  });
});

test('a result is JSON that every parser takes', () => {
  expect(jsonText([2n ** 53n, 7n, Number.NaN, Number.NEGATIVE_INFINITY, 1.5])).toBe(
    '["9007199254740992",7,"NaN","-Infinity",1.5]',
  );
});
