import { expect, test } from 'vitest';
import type { NamedTensor } from '../../tensor';
import { runChaos } from '../../testing/simulation/chaos/run-chaos';
import { heapAfterCollection } from '../process-state';

const HEAP_GROWTH_LIMIT_BYTES = 2 * 2 ** 20;
const TIMERS_PER_MODEL = 4;
const MODELS = 10;

test('whatever happens to models, instances and clients, every request ends once with its own values, and nothing is kept', {
  timeout: 240_000,
}, async () => {
  const { requests, endings, device, marks, evictions, coldStarts, sharedBatches } = await runChaos({
    seed: 1,
    virtualSeconds: 120,
    heapBytes: heapAfterCollection,
  });
  const [first, ...others] = marks;
  for (const { heapBytes, timers } of others) {
    expect(heapBytes - (first?.heapBytes ?? 0)).toBeLessThan(HEAP_GROWTH_LIMIT_BYTES);
    expect(timers).toBeLessThanOrEqual(TIMERS_PER_MODEL * MODELS);
  }
  // It was a chaos: all ways to end are there, and with more asked than the device can do, a good part was answered all the same.
  expect(endings.right).toBeGreaterThan(0.4 * requests);
  for (const code of ['CANCELLED', 'DEADLINE_EXCEEDED', 'QUEUE_FULL', 'MODEL_NOT_READY', 'INVALID_ARGUMENT'])
    expect(endings[code], code).toBeGreaterThan(10);
  for (const what of ['batch-fails', 'thread-dies', 'kills', 'startsRefused', 'does-not-fit'])
    expect(device[what], what).toBeGreaterThan(3);
  expect(Math.min(evictions, coldStarts)).toBeGreaterThan(3);
  // Models competed for the device.
  expect(sharedBatches).toBeGreaterThan(100);
});

test('two rows of a batch that are mixed up are noticed, and told with the seed and what came before', async () => {
  const swapRows = ([y, ...others]: readonly NamedTensor[]): readonly NamedTensor[] => {
    if (!y || (y.shape[0] ?? 0) < 2 || y.shape.length < 2) return [...(y ? [y] : []), ...others];
    const rowBytes = y.data.byteLength / (y.shape[0] ?? 1);
    const data = y.data.slice();
    data.copyWithin(0, rowBytes, 2 * rowBytes);
    data.set(y.data.subarray(0, rowBytes), rowBytes);
    return [{ ...y, data }, ...others];
  };
  const run = runChaos({ seed: 7, virtualSeconds: 60, heapBytes: () => 0, tamper: swapRows });
  await expect(run).rejects.toThrow(/chaos with seed 7 after .* got a wrong answer: .*\nbefore that:\n/s);
});
