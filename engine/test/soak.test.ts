import { expect, test } from 'vitest';
import { runEngineChaos } from './chaos/run-engine-chaos';

/** 12 s in `npm test`; `npm run soak` takes three minutes. */
const SECONDS = Number(process.env.FERRY_SOAK_SECONDS ?? 12);
/** New threads take a while to start where many programs share few cores, and the last changes are waited for. */
const PATIENCE_MS = 240_000;

test('every request is answered once with its own right answer while settings, models, instances and clients change', {
  timeout: SECONDS * 1000 + PATIENCE_MS,
}, async () => {
  // Rejects at what is not so: a wrong value, a counter that does not add up, memory that grows, a disturbance that never came.
  const report = await runEngineChaos(SECONDS);
  console.log(`soak: ${JSON.stringify(report)}`);
  expect(report.requests).toBeGreaterThan(report.left);
});
