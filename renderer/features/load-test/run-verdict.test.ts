import { describe, expect, it } from 'vitest';
import type { LoadTestRun } from '../../../engine/contract';
import { generatorWasLate, verdictOf } from './run-verdict';
import { run } from './test-run';

const open: LoadTestRun = {
  ...run,
  scenario: {
    ...run.scenario,
    executor: { kind: 'open', requestsPerSecond: 500, arrivals: 'constant', maxInFlight: 64 },
  },
};

describe('verdict', () => {
  it('says what the clients got', () => {
    expect(verdictOf(run)).toMatchObject({ tone: 'good' });
    expect(verdictOf(run).sentence).toMatch(/^32 clients got 500.*No request failed\.$/);
  });

  it('tells an open loop that kept up from one that did not', () => {
    expect(verdictOf(open).sentence).toMatch(/^Kept up with 500/);
    const behind = {
      ...open,
      achievedPerSecond: 300,
      counts: { ...open.counts, succeeded: 3_000, dropped: 2_000 },
    };
    expect(verdictOf(behind)).toMatchObject({ tone: 'caution' });
    expect(verdictOf(behind).sentence).toContain('2,000 arrivals found no free client');
  });

  it('says that it is not the last word while the run goes on', () => {
    expect(verdictOf({ ...open, state: 'running' }).sentence).toMatch(/^So far: kept up with 500/);
    expect(verdictOf({ ...run, state: 'stopped' }).sentence).toMatch(/^Stopped early: 32 clients/);
  });

  it('names the most frequent error', () => {
    const errors = { timeout: 3, 'HTTP 503 QUEUE_FULL': 40 };
    const verdict = verdictOf({ ...run, counts: { ...run.counts, succeeded: 4_957, errors } });
    expect(verdict.tone).toBe('bad');
    expect(verdict.sentence).toContain('mostly: HTTP 503 QUEUE_FULL');
  });

  it('does not praise a result that the generator spoiled', () => {
    const late = { ...run, generatorLagP99Ms: 12 };
    expect(generatorWasLate(late)).toBe(true);
    expect(verdictOf(late).tone).toBe('caution');
    expect(generatorWasLate({ ...run, generatorLagP99Ms: 0.9 })).toBe(false);
  });

  it('passes on why a run failed', () => {
    expect(verdictOf({ ...run, state: 'failed', error: 'connection refused' }).sentence).toContain(
      'connection refused',
    );
  });
});
