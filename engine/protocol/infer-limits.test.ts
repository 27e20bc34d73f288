import { describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import { BYTES_ELEMENT_LIMIT } from '../tensor';
import { decodeInferRequest } from './decode-infer-request';

const decode = (request: unknown) =>
  decodeInferRequest({
    model: 'm',
    version: null,
    body: Buffer.from(JSON.stringify(request)),
    headerLength: null,
  });

function refusal(request: unknown): string {
  try {
    decode(request);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe('INVALID_ARGUMENT');
    return (error as EngineError).message;
  }
  throw new Error('it was not refused');
}

const x = { name: 'x', shape: [1], datatype: 'FP32', data: [1] };
const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
const named = (count: number) => Object.fromEntries(many(count, (i) => [`k${i}`, i]));

describe('the parts of a request that can be many or long', () => {
  it('are taken up to their limit', () => {
    const request = decode({
      id: 'i'.repeat(1024),
      parameters: named(256),
      inputs: many(1024, (i) => ({ ...x, name: `x${i}` })),
      outputs: many(1024, (i) => ({ name: `y${i}` })),
    });
    expect(request.inputs).toHaveLength(1024);
    expect(request.outputs).toHaveLength(1024);
    expect(request.parameters.size).toBe(256);
  });

  it('are refused beyond it, with the field and the limit', () => {
    expect(refusal({ inputs: many(1025, () => x) })).toMatch(/"inputs".*1024/);
    expect(refusal({ inputs: [x], outputs: many(1025, (i) => ({ name: `y${i}` })) })).toMatch(
      /"outputs".*1024/,
    );
    expect(refusal({ inputs: [x], parameters: named(257) })).toMatch(/256 parameters/);
    expect(refusal({ inputs: [{ ...x, parameters: named(257) }] })).toMatch(/256 parameters/);
    expect(refusal({ inputs: [x], id: 'i'.repeat(1025) })).toMatch(/id: has 1025 characters.*1024/);
    expect(refusal({ inputs: [{ ...x, name: 'n'.repeat(1025) }] })).toMatch(/name: has 1025.*1024/);
    expect(refusal({ inputs: [x], other: named(5000) })).toMatch(/more than 4096 keys/);
  });

  it('are refused before memory is taken for the strings of a shape', () => {
    const shape = [BYTES_ELEMENT_LIMIT + 1];
    expect(refusal({ inputs: [{ name: 's', shape, datatype: 'BYTES', data: ['a'] }] })).toMatch(
      /input "s".*at most 1048576 elements.*1048577/,
    );
  });
});

it('a name that is empty is refused', () => {
  expect(refusal({ inputs: [{ ...x, name: '' }] })).toBe('inputs[0].name: is empty');
  expect(refusal({ inputs: [x], outputs: [{ name: '' }] })).toBe('outputs[0].name: is empty');
});

it('an output that is asked for twice is refused: the answer would grow with the request', () => {
  expect(refusal({ inputs: [x], outputs: [{ name: 'y' }, { name: 'z' }, { name: 'y' }] })).toBe(
    'outputs[2]: output "y" is asked for twice',
  );
});

describe('classification', () => {
  const asked = (classification: unknown) => ({
    inputs: [x],
    outputs: [{ name: 'y', parameters: { classification } }],
  });

  it('is read as the number of classes', () => {
    expect(decode(asked(3)).outputs).toEqual([{ name: 'y', binary: false, classificationCount: 3 }]);
    expect(decode(asked(0)).outputs).toEqual([{ name: 'y', binary: false, classificationCount: 0 }]);
  });

  it.each([-1, 1.5, '3', true, 1e300])('of %j is refused', (value) => {
    expect(refusal(asked(value))).toMatch(/output "y": classification must be a whole number/);
  });
});
