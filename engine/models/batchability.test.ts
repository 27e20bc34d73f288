import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../contract';
import { judgeBatchability } from './batchability';

const tensor = (name: string, first: number | string | null, ...rest: number[]): TensorSpec => ({
  name,
  datatype: 'FP32',
  shape: [typeof first === 'number' ? first : -1, ...rest],
  dimNames: [typeof first === 'string' ? first : null, ...rest.map(() => null)],
  optional: false,
});
const scalar: TensorSpec = { name: 's', datatype: 'FP32', shape: [], dimNames: [], optional: false };
const judge = (inputs: TensorSpec[], outputs: TensorSpec[], operators: Record<string, number> = {}) =>
  judgeBatchability(inputs, outputs, new Map(Object.entries(operators)));

describe('batchability', () => {
  it('needs an open first dimension in every input and output', () => {
    expect(judge([tensor('x', 'batch', 3)], [tensor('y', 'batch')])).toEqual({
      batchable: true,
      batchingNote: null,
    });
    expect(judge([tensor('x', 1, 3)], [tensor('y', 'batch')]).batchingNote).toBe(
      'input "x" has the fixed first dimension 1',
    );
    expect(judge([tensor('x', 'batch')], [tensor('y', 5)]).batchingNote).toBe(
      'output "y" has the fixed first dimension 5',
    );
    expect(judge([tensor('x', 'batch'), scalar], [tensor('y', 'batch')]).batchingNote).toContain(
      'input "s" is a scalar',
    );
    expect(judge([], [tensor('y', 'batch')]).batchable).toBe(false);
  });

  it('is denied by two names that a person gave, not by numbered ones of exporters or by none', () => {
    expect(judge([tensor('x', 'batch'), tensor('z', 'boxes')], [tensor('y', 'batch')]).batchingNote).toBe(
      'input "z" calls its first dimension "boxes", input "x" calls it "batch": they are not one batch dimension',
    );
    expect(
      judge([tensor('x', 'p2o.DynamicDimension.0')], [tensor('y', 'p2o.DynamicDimension.3')]).batchable,
    ).toBe(true);
    expect(judge([tensor('x', 'batch')], [tensor('y', 'unk__7'), tensor('w', null)]).batchable).toBe(true);
  });

  it('comes with a caution for models that are mostly convolutions', () => {
    const note = (operators: Record<string, number>) =>
      judge([tensor('x', 'n')], [tensor('y', 'n')], operators).batchingNote;
    expect(note({ Conv: 50, MatMul: 1 })).toContain('mostly convolutions');
    expect(note({ Conv: 1, MatMul: 50, Relu: 9 })).toBeNull();
  });
});
