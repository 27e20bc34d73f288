import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { linearModel } from '../testing/onnx-writer';
import { startEngine, type TestEngine } from './start-engine';

const ROUNDS = 50;
const ROWS = 512;
const COLUMNS = 1024;
/** What the weights take: two megabytes, which a hundred sessions that stay would multiply. */
const MODEL_BYTES = ROWS * COLUMNS * 4;

/** Threads of this process, those of native libraries included. Only Linux tells. */
function threadCount(): number | null {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : null;
}

async function round(t: TestEngine): Promise<void> {
  await t.engine.registry.load('m');
  const answer = await t.http.inferFloats('m', [1, ROWS], new Float32Array(ROWS).fill(1));
  expect(answer.values?.[0]).toBe(ROWS);
  await t.engine.registry.unload('m');
}

test(`${ROUNDS} rounds of load, infer and unload leave threads and memory as they were`, {
  timeout: 300_000,
}, async () => {
  const weights = new Float32Array(ROWS * COLUMNS).fill(1);
  const t = await startEngine({
    models: { 'm/1/model.onnx': linearModel(ROWS, COLUMNS, weights).file },
    argv: ['--log-level', 'error'],
  });
  try {
    // The first rounds fill what is kept for good: the runtime's arenas, compiled code, thread pools.
    for (let i = 0; i < 5; i++) await round(t);
    const threadsBefore = threadCount();
    const bytesBefore = process.memoryUsage.rss();
    for (let i = 0; i < ROUNDS; i++) await round(t);
    const threadsAfter = threadCount();
    if (threadsBefore !== null) expect(threadsAfter).toBeLessThanOrEqual(threadsBefore + 2);
    // A session that stayed would keep its weights: over all rounds a hundred megabytes.
    expect(process.memoryUsage.rss() - bytesBefore).toBeLessThan((ROUNDS * MODEL_BYTES) / 2);
    expect(t.engine.registry.summary('m')).toMatchObject({ state: 'unavailable', instancesReady: 0 });
    expect(t.counters('m')).toMatchObject({
      requestsOk: ROUNDS + 5,
      queueLength: 0,
      inFlight: 0,
      instances: 0,
    });
  } finally {
    await t.close();
  }
});
