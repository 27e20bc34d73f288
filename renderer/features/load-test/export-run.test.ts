import { describe, expect, it } from 'vitest';
import type { LoadTestRun } from '../../../engine/contract';
import { exportName, historyCsv, runPointsCsv } from './export-run';

const latency = { p50Ms: 10, p90Ms: 18, p95Ms: 20, p99Ms: 30, maxMs: 44, meanMs: 12 };
const run: LoadTestRun = {
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
describe('export of a run', () => {
  it('quotes what CSV needs quoted and leaves unmeasured cells empty', () => {
    expect(historyCsv([run])).toContain('"a ""quoted"", label"');
    expect(runPointsCsv(run).split('\r\n')[1]).toBe('0,1,1,0,,2');
  });

  it('gives every row as many cells as the header has', () => {
    const [header, row] = historyCsv([{ ...run, scenario: { ...run.scenario, label: 'plain' } }]).split(
      '\r\n',
    );
    expect(row?.split(',').length).toBe(header?.split(',').length);
  });

  it('does not let a label become a formula in a spreadsheet', () => {
    expect(historyCsv([{ ...run, scenario: { ...run.scenario, label: '=1+1' } }])).toContain("'=1+1");
  });

  it('names the file without characters that a file system refuses', () => {
    expect(exportName(run, '.csv')).toBe('ferry-load-test_demo-mlp_a-quoted-label_1970-01-01T00-00-00.csv');
  });
});
