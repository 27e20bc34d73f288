import { expect, test } from 'vitest';
import type { RunOutput, WarmingInstance } from '../instances';
import { fp32 } from '../testing/build-request';
import { WarmedRows } from './warmed-rows';

const OUTPUT: RunOutput = { outputs: [], computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0 };

/** For which batches of more rows than `fits` fail. */
const instance = (fits = 100): WarmingInstance => ({
  name: 'm/1',
  provider: 'cpu',
  run: async (inputs) => {
    if ((inputs[0]?.shape[0] ?? 0) > fits) throw new Error('no memory');
    return OUTPUT;
  },
});
const running = (sizes: readonly number[]) => async (one: WarmingInstance) => {
  for (const rows of sizes) await one.run([fp32('x', [rows, 1])], null).catch(() => undefined);
};

test('what is warm is what the instance that ran least has run; what failed does not count', async () => {
  const warmed = new WarmedRows(true);
  expect(warmed.rows).toBe(0);
  await warmed.during(instance(), running([1, 16, 4]));
  expect(warmed.rows).toBe(16);
  await warmed.during(instance(8), running([1, 8, 16]));
  await warmed.during(instance(), running([32]));
  expect(warmed.rows).toBe(8);
  await warmed.during(instance(), running([]));
  expect(warmed.rows).toBe(0);
});

test('a model without rows runs one at a time', async () => {
  const warmed = new WarmedRows(false);
  await warmed.during(instance(), running([50]));
  expect(warmed.rows).toBe(1);
});
