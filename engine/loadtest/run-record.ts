import { z } from 'zod';
import {
  type LoadTestRun,
  type LoadTestRunSummary,
  type LoadTestScenario,
  loadTestScenarioSchema,
} from '../contract';
import type { LoadSnapshot } from './load-plan';

const ms = z.number().nullable();
const latencySchema = z.object({ p50Ms: ms, p90Ms: ms, p95Ms: ms, p99Ms: ms, maxMs: ms, meanMs: ms });
const count = z.number().int().min(0);

/** A run as it stands in its file. Fields of a later version are let pass and dropped. */
export const runSchema: z.ZodType<LoadTestRun> = z.object({
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  scenario: loadTestScenarioSchema,
  state: z.enum(['starting', 'warming-up', 'running', 'stopping', 'finished', 'stopped', 'failed']),
  startedAtMs: z.number(),
  finishedAtMs: ms,
  measuredMs: z.number(),
  counts: z.object({
    offered: count,
    sent: count,
    succeeded: count,
    dropped: count,
    errors: z.record(z.string(), count),
  }),
  achievedPerSecond: z.number(),
  inferencesPerSecond: z.number(),
  latency: latencySchema,
  serviceTime: latencySchema,
  generatorLagP99Ms: ms,
  points: z.array(
    z.object({
      atMs: z.number(),
      offeredPerSecond: z.number(),
      succeededPerSecond: z.number(),
      errorsPerSecond: z.number(),
      p50Ms: ms,
      p99Ms: ms,
    }),
  ),
  settingsNote: z.string(),
  error: z.string().nullable(),
});

const NO_LATENCY = { p50Ms: null, p90Ms: null, p95Ms: null, p99Ms: null, maxMs: null, meanMs: null };

/** A run of which nothing was measured yet. */
export function newRun(
  id: string,
  scenario: LoadTestScenario,
  startedAtMs: number,
  settingsNote: string,
): LoadTestRun {
  return {
    id,
    scenario,
    state: 'starting',
    startedAtMs,
    finishedAtMs: null,
    measuredMs: 0,
    counts: { offered: 0, sent: 0, succeeded: 0, dropped: 0, errors: {} },
    achievedPerSecond: 0,
    inferencesPerSecond: 0,
    latency: NO_LATENCY,
    serviceTime: NO_LATENCY,
    generatorLagP99Ms: null,
    points: [],
    settingsNote,
    error: null,
  };
}

/** The run with what was measured so far. */
export function withMeasured(run: LoadTestRun, snapshot: LoadSnapshot): LoadTestRun {
  const state = snapshot.phase === 'finished' && snapshot.stopped ? 'stopped' : snapshot.phase;
  return {
    ...run,
    state,
    measuredMs: snapshot.measuredMs,
    counts: snapshot.counts,
    achievedPerSecond: snapshot.achievedPerSecond,
    inferencesPerSecond: snapshot.achievedPerSecond * run.scenario.rowsPerRequest,
    latency: snapshot.latency,
    serviceTime: snapshot.serviceTime,
    generatorLagP99Ms: snapshot.generatorLagP99Ms,
    points: snapshot.points,
  };
}

/** Whether a run is over. */
export const isOver = (run: Pick<LoadTestRun, 'state'>): boolean =>
  run.state === 'finished' || run.state === 'stopped' || run.state === 'failed';

export function summaryOf(run: LoadTestRun): LoadTestRunSummary {
  const { points: _, ...summary } = run;
  return summary;
}
