import { buildWorkers } from '../setup/workers.mjs';

/** Vitest calls it once, before any test runs. */
export async function setup() {
  process.env.FERRY_BUILT_WORKERS = await buildWorkers();
}
