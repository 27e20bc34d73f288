import type { LoadTestRun } from '../../../engine/contract';

/** A finished run, for tests. */
export const latency = { p50Ms: 10, p90Ms: 18, p95Ms: 20, p99Ms: 30, maxMs: 44, meanMs: 12 };
export const run: LoadTestRun = {
  id: 'a',
  scenario: {
    model: 'demo-mlp',
    version: null,
    executor: { kind: 'closed', clients: 32 },
    warmupMs: 0,
    durationMs: 10_000,
    rowsPerRequest: 1,
    encoding: 'binary',
    dynamicDims: {},
    seed: 1,
    requestTimeoutMs: 30_000,
    label: 'a "quoted", label',
  },
  state: 'finished',
  startedAtMs: 0,
  finishedAtMs: 10_000,
  measuredMs: 10_000,
  counts: { offered: 5_000, sent: 5_000, succeeded: 5_000, dropped: 0, errors: {} },
  achievedPerSecond: 500,
  inferencesPerSecond: 500,
  latency,
  serviceTime: latency,
  generatorLagP99Ms: 0.2,
  points: [
    { atMs: 0, offeredPerSecond: 1, succeededPerSecond: 1, errorsPerSecond: 0, p50Ms: null, p99Ms: 2 },
  ],
  settingsNote: 'batching on',
  error: null,
};
