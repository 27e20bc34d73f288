import { describe, expect, test } from 'vitest';
import type { ModelSummary, TensorSpec } from '../../../engine/contract';
import { curlExample, exampleModel } from './curl-example';

const input = (shape: readonly number[], datatype: TensorSpec['datatype'] = 'FP32'): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
  dimNames: shape.map(() => null),
  optional: false,
});

const model = (name: string, inputs: readonly TensorSpec[], state: ModelSummary['state'] = 'ready') =>
  ({ name, inputs, state }) as unknown as ModelSummary;

/** What the shell would send: its one kind of expansion done here. */
function bodyOf(command: string): { inputs: { shape: number[]; data: unknown[] }[] } {
  const quoted = command.slice("echo '".length, command.indexOf("' | curl"));
  return JSON.parse(
    quoted.replace(/'"\$\(printf '(.*?)%\.0s' \$\(seq (\d+)\)\)"'/g, (_, one: string, count: string) =>
      one.repeat(Number(count)),
    ),
  );
}

describe('the example request', () => {
  test.each([[[-1, 4]], [[-1, 512]], [[1, 3, 48, 192]], [[]]])(
    'is JSON with as many numbers as shape %j says',
    (shape) => {
      const body = bodyOf(curlExample('http://127.0.0.1:8000', model('m', [input(shape)])));
      const count = (body.inputs[0]?.shape ?? []).reduce((product, dim) => product * dim, 1);
      expect(body.inputs[0]?.data).toHaveLength(count);
    },
  );

  test('has texts for a text input and true for a boolean one, also when they are many', () => {
    const body = bodyOf(curlExample('http://h', model('m', [input([20], 'BYTES'), input([2], 'BOOL')])));
    expect(body.inputs[0]?.data).toEqual(new Array(20).fill('text'));
    expect(body.inputs[1]?.data).toEqual([true, true]);
  });

  test('stays short enough to read, however large the input', () => {
    expect(curlExample('http://h', model('m', [input([1, 3, 640, 640])])).length).toBeLessThan(300);
  });

  test('is made for the ready model with the smallest request', () => {
    const large = model('large', [input([1, 512])]);
    const small = model('small', [input([1, 4])]);
    expect(exampleModel([large, small, model('tiny', [input([1])], 'unavailable')])?.name).toBe('small');
    expect(exampleModel([model('open', [input([-1, 3, -1])]), large])?.name).toBe('large');
    expect(exampleModel([])).toBeUndefined();
  });
});
