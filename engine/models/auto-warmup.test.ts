import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base';
import { parseModelConfig } from '../config';
import type { Datatype, ModelSettings, TensorSpec } from '../contract';
import type { Instance } from '../instances';
import type { NamedTensor } from '../tensor';
import { autoWarmUp, autoWarmupIsOn, warmupSizes } from './auto-warmup';

const spec = (name: string, datatype: Datatype, shape: readonly number[], optional = false): TensorSpec => ({
  name,
  datatype,
  shape,
  dimNames: shape.map(() => null),
  optional,
});

/** An instance on a clock of its own: a batch takes `costUs(rows)`. */
function recorder(costUs: (rows: number) => number, failsAt = Number.POSITIVE_INFINITY) {
  let nowUs = 0;
  const runs: (readonly NamedTensor[])[] = [];
  const run = async (inputs: readonly NamedTensor[]) => {
    runs.push(inputs);
    nowUs += costUs(inputs[0]?.shape[0] ?? 1);
    if (runs.length >= failsAt) throw new Error('index out of bounds');
  };
  const instance = { name: 'm/1#0', run } as unknown as Instance;
  const warm = (sizes: readonly (number | null)[], inputs: readonly TensorSpec[], loadUs = 1e6) =>
    autoWarmUp(instance, { sizes, inputs, inputReshapes: new Map() }, loadUs, () => nowUs, silentLogger);
  return { runs, warm, elapsedUs: () => nowUs, rows: () => runs.map(([first]) => first?.shape[0]) };
}

const settings = (more: Partial<ModelSettings>) =>
  ({ batching: 'fixed', maxBatchSize: 16, allowedBatchSizes: [], ...more }) as ModelSettings;

describe('automatic warm-up', () => {
  it('uses the sizes that requests will be run with', () => {
    expect(warmupSizes(settings({}), true)).toEqual([1, 16]);
    expect(warmupSizes(settings({ maxBatchSize: 1 }), true)).toEqual([1]);
    expect(warmupSizes(settings({ batching: 'off' }), true)).toEqual([1]);
    expect(warmupSizes(settings({ allowedBatchSizes: [4, 8, 16] }), true)).toEqual([4, 8, 16]);
    expect(warmupSizes(settings({}), false)).toEqual([null]);
  });

  it('runs zeros of the shapes of all inputs that are not optional, with buffers of their own', async () => {
    const { runs, warm, rows } = recorder(() => 1000);
    await warm(
      [1, 8],
      [spec('x', 'FP32', [-1, 3, -1]), spec('t', 'BYTES', [-1, 2]), spec('o', 'INT8', [-1], true)],
    );
    expect(rows()).toEqual([1, 1, 8]);
    expect(runs[2]).toEqual([
      { name: 'x', datatype: 'FP32', shape: [8, 3, 1], data: new Uint8Array(8 * 3 * 4) },
      { name: 't', datatype: 'BYTES', shape: [8, 2], data: new Uint8Array(8 * 2 * 4) },
    ]);
    expect(runs[0]?.[0]?.data.buffer).not.toBe(runs[1]?.[0]?.data.buffer);
  });

  it('keeps the full shape of a model without a batch dimension', async () => {
    const { runs, warm } = recorder(() => 1000);
    await warm([null], [spec('x', 'INT64', [2, 5])]);
    expect(runs.map(([x]) => x?.shape)).toEqual([[2, 5]]);
  });

  it('leaves out a size that, by the run before it, would take longer than the load did', async () => {
    const slow = recorder((rows) => rows * 100e3);
    await slow.warm([1, 32], [spec('x', 'FP32', [-1, 2])], 1e6);
    expect(slow.rows()).toEqual([1, 1]);
    const quick = recorder((rows) => rows * 10e3);
    await quick.warm([1, 32], [spec('x', 'FP32', [-1, 2])], 1e6);
    expect(quick.rows()).toEqual([1, 1, 32]);
  });

  it('does not run a second time what took the whole limit the first time', async () => {
    const { rows, warm } = recorder(() => 5e6);
    await warm([1, 2, 4], [spec('x', 'FP32', [-1, 2])], 1e6);
    expect(rows()).toEqual([1]);
  });

  it('never makes a batch of more than 64 MiB', async () => {
    const { rows, warm } = recorder(() => 1);
    await warm([1, 1024], [spec('x', 'FP32', [-1, 256, 256])]);
    expect(rows()).toEqual([1, 1]);
  });

  it('ends at a model that does not take zeros, and fails nothing', async () => {
    const { rows, warm } = recorder(() => 1, 2);
    await expect(warm([1, 8], [spec('x', 'FP32', [-1, 2])])).resolves.toBeUndefined();
    expect(rows()).toEqual([1, 1]);
  });

  it('can be switched off, and takes no other word', () => {
    const config = (word: string) =>
      parseModelConfig(`parameters { key: "ferry.auto_warmup" value { string_value: "${word}" } }`);
    expect(autoWarmupIsOn({})).toBe(true);
    expect(autoWarmupIsOn(config('on'))).toBe(true);
    expect(autoWarmupIsOn(config('off'))).toBe(false);
    expect(() => autoWarmupIsOn(config('no'))).toThrow(
      '"ferry.auto_warmup" is "no"; it must be "on" or "off"',
    );
  });
});
