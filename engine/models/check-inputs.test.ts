import { describe, expect, test } from 'vitest';
import type { TensorSpec } from '../contract';
import { encodeBytesElements } from '../tensor';
import { buildRequest, fp32 } from '../testing';
import { createInputChecker } from './check-inputs';

const spec = (name: string, shape: number[], more: Partial<TensorSpec> = {}): TensorSpec => ({
  name,
  datatype: 'FP32',
  shape,
  dimNames: shape.map(() => null),
  optional: false,
  ...more,
});

const image = spec('image', [-1, 3, -1], { dimNames: ['batch', null, 'width'] });
const scale = spec('scale', [-1, 1]);
const out = spec('y', [-1, 2]);
const checker = createInputChecker([image, scale], [out], true);
const good = () => [fp32('image', [2, 3, 4]), fp32('scale', [2, 1])];
const check = (inputs: ReturnType<typeof good>, more = {}) => checker.check(buildRequest(inputs, more), 8);

describe('a request that fits', () => {
  test('is counted in rows; its lane is made of the dimensions that requests choose', () => {
    expect(check(good())).toEqual({ rows: 2, laneKey: 'image:3,4;' });
    expect(check([fp32('image', [5, 3, 4]), fp32('scale', [5, 1])]).laneKey).toBe(check(good()).laneKey);
    expect(check([fp32('image', [2, 3, 5]), fp32('scale', [2, 1])]).laneKey).not.toBe(check(good()).laneKey);
  });

  test('without open inner dimensions all requests share one lane', () => {
    const plain = createInputChecker([scale], [out], true);
    expect(plain.check(buildRequest([fp32('scale', [3, 1])]), 8)).toEqual({ rows: 3, laneKey: '' });
  });

  test('of a model without a batch dimension is one row, whatever its shape', () => {
    const unbatched = createInputChecker([spec('x', [])], [out], false);
    expect(unbatched.check(buildRequest([fp32('x', [])]), 1)).toEqual({ rows: 1, laneKey: '' });
  });

  test('requests with different sets of optional inputs do not share a lane', () => {
    const optional = createInputChecker([scale, spec('mask', [-1, 1], { optional: true })], [out], true);
    const without = optional.check(buildRequest([fp32('scale', [1, 1])]), 8);
    const withMask = optional.check(buildRequest([fp32('scale', [1, 1]), fp32('mask', [1, 1])]), 8);
    expect(without.laneKey).not.toBe(withMask.laneKey);
  });
});

describe('a request that does not fit is told the field, the value and the limit', () => {
  test.each([
    [
      'a missing input',
      [fp32('image', [1, 3, 4])],
      'missing input "scale" of model "m": 1 of 2 inputs were given',
    ],
    [
      'an extra input',
      [...good(), fp32('z', [2, 1])],
      'unexpected input "z" for model "m"; it takes "image", "scale"',
    ],
    ['an input given twice', [...good(), fp32('scale', [2, 1])], 'input "scale" is given twice'],
    [
      'a wrong dimension',
      [fp32('image', [2, 4, 4]), fp32('scale', [2, 1])],
      'input "image": shape [2, 4, 4] was given, the model takes [batch, 3, -1 (width)]',
    ],
    ['a wrong rank', [fp32('image', [2, 3]), fp32('scale', [2, 1])], 'input "image": shape [2, 3] was given'],
    [
      'a wrong datatype',
      [fp32('image', [2, 3, 4]), { ...fp32('scale', [2, 1]), datatype: 'INT32' as const }],
      'input "scale": datatype INT32 was given, the model takes FP32',
    ],
    [
      'different rows',
      [fp32('image', [2, 3, 4]), fp32('scale', [1, 1])],
      'input "scale": its batch dimension is 1, that of the inputs before it 2',
    ],
    [
      'too many rows',
      [fp32('image', [9, 3, 4]), fp32('scale', [9, 1])],
      'the batch dimension is 9, max_batch_size is 8',
    ],
    ['no rows', [fp32('image', [0, 3, 4]), fp32('scale', [0, 1])], 'the batch dimension is 0'],
  ])('%s', (_what, inputs, message) => {
    expect(() => check(inputs)).toThrow(message);
  });

  test('an output that the model does not have', () => {
    const outputs = [{ name: 'nope', binary: true, classificationCount: 0 }];
    expect(() => check(good(), { outputs })).toThrow(
      'requested output "nope" does not exist in model "m"; it has "y"',
    );
  });
});

test('a string that is not UTF-8, or has a zero byte, is refused by its place, since it would reach the model changed', () => {
  const text = createInputChecker([spec('t', [-1], { datatype: 'BYTES' })], [out], true);
  const strings = (...elements: Uint8Array[]) => [
    { name: 't', datatype: 'BYTES' as const, shape: [elements.length], data: encodeBytesElements(elements) },
  ];
  const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf);
  expect(text.check(buildRequest(strings(byteOrderMark, new Uint8Array())), 8).rows).toBe(2);
  expect(() => text.check(buildRequest(strings(byteOrderMark, Uint8Array.of(0xff))), 8)).toThrow(
    'input "t": element 1 is not UTF-8',
  );
  expect(() => text.check(buildRequest(strings(Uint8Array.of(97, 0, 98))), 8)).toThrow('element 0');
});
