import assert from 'node:assert/strict';
import { GrpcTestClient } from '../../testing/grpc-client';
import { startEngine, type TestEngine } from '../start-engine';
import { Traffic } from '../traffic';
import { waitUntil } from '../wait-until';
import { expectCountersAddUp, expectOnlyKilledBatchesFailed } from './accounts';
import { type Changes, changeSettings } from './change-settings';
import { CROWD, MEMORY_BUDGET, MODELS, questionsOf } from './chaos-models';
import { comeAndGo, type Kill, killInstances } from './disturb';
import { bytesOf, expectFlat, type MemoryReport, watchMemory } from './memory-watch';
import { sequenceQuestion } from './sequence-question';

const CLIENTS = 54;
const LEAST_KILLS = 2;
const KILL_EVERY_S = 20;
const LEAST_RIGHT = 10;

export interface EngineChaosReport {
  readonly seconds: number;
  readonly requests: number;
  readonly right: number;
  /** Requests whose clients did not wait for the answer. */
  readonly left: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Requests that the engine ended because their client left or their call expired. */
  readonly cancelled: number;
  readonly changes: Changes;
  readonly visits: number;
  readonly kills: number;
  readonly batchesLost: number;
  readonly evictions: number;
  readonly coldStarts: number;
  /** Sequences that were answered from start to end. */
  readonly sequences: number;
  readonly memory: MemoryReport;
  /** What one sample of the console's history takes. */
  readonly sampleBytes: number;
  readonly meanBatch: Readonly<Record<string, number>>;
}

/**
 * A whole engine with real models behind real sockets, while clients come, hurry and leave, settings change in all three ways, models
 * come and go and evict each other, and instances are killed. Rejects when a request did not end once with its own right answer,
 * memory grew, or one of the disturbances never happened.
 */
export async function runEngineChaos(seconds: number): Promise<EngineChaosReport> {
  const t = await startEngine({
    models: MODELS,
    argv: ['--log-level', 'error', '--memory-budget', MEMORY_BUDGET],
  });
  const grpc = new GrpcTestClient(t.engine.status.grpc?.port ?? 0);
  try {
    const sequences = sequenceQuestion('sum');
    const traffic = new Traffic(t.http, questionsOf(grpc, sequences), CLIENTS);
    const endMs = performance.now() + seconds * 1000;
    const [changes, visits, kills, memory] = await Promise.all([
      changeSettings(t, endMs),
      comeAndGo(t, endMs),
      killInstances(t, endMs, Math.max(LEAST_KILLS, Math.round(seconds / KILL_EVERY_S))),
      watchMemory(seconds),
    ]);
    await traffic.stop();
    await waitUntil('nothing is under way', () => t.engine.registry.counters().every(isIdle));
    judge(t, traffic, kills);
    const sampleBytes = Math.round(bytesOf(t.engine.registry.counters()));
    expectFlat(memory, seconds, sampleBytes);
    const done = {
      ...{ cancelled: cancelled(t), visits, kills: kills.length, sequences: sequences.finished() },
      batchesLost: kills.flatMap(({ batches }) => batches).length,
      ...comingsAndGoings(t),
    };
    expectAll({ ...done, ...changes, left: traffic.left });
    return {
      ...{ seconds, requests: traffic.asked, right: traffic.right, left: traffic.left },
      ...{
        errors: traffic.errorsByCode(),
        changes,
        ...done,
        memory,
        sampleBytes,
        meanBatch: meanBatches(t, traffic),
      },
    };
  } finally {
    grpc.close();
    await t.close();
  }
}

function judge(t: TestEngine, traffic: Traffic, kills: readonly Kill[]): void {
  assert.deepStrictEqual(traffic.faults, []);
  expectOnlyKilledBatchesFailed(traffic, kills);
  for (const [model, tally] of traffic.tallies) {
    const lost = kills.filter((kill) => kill.model === model).flatMap(({ batches }) => batches);
    expectCountersAddUp(t, traffic, model, lost.length);
    // The load was a load; those that evict each other are asked now and then.
    const least = CROWD.includes(model) ? 1 : LEAST_RIGHT;
    assert.ok(tally.right >= least, `${model}: ${tally.right} right answers`);
  }
}

/** A run in which one of the disturbances never came proves nothing about it. */
function expectAll(counts: Readonly<Record<string, number>>): void {
  const missing = Object.keys(counts).filter((what) => counts[what] === 0);
  assert.deepStrictEqual(missing, [], 'never happened');
}

const isIdle = ({ queueLength, inFlight }: { queueLength: number; inFlight: number }): boolean =>
  queueLength === 0 && inFlight === 0;

function cancelled(t: TestEngine): number {
  const failed = t.engine.registry.counters().map(({ requestsFailed }) => requestsFailed);
  return failed.reduce((sum, { CANCELLED = 0, CALL_EXPIRED = 0 }) => sum + CANCELLED + CALL_EXPIRED, 0);
}

function comingsAndGoings(t: TestEngine): { readonly evictions: number; readonly coldStarts: number } {
  const all = t.engine.registry.summaries().map(({ coldStarts }) => coldStarts);
  return {
    evictions: all.reduce((sum, { evictions }) => sum + evictions, 0),
    coldStarts: all.reduce((sum, { count }) => sum + count, 0),
  };
}

function meanBatches(t: TestEngine, traffic: Traffic): Record<string, number> {
  return Object.fromEntries(
    [...traffic.tallies.keys()].map((model) => {
      const { inferenceCount, executionCount } = t.counters(model);
      return [model, Number((inferenceCount / executionCount).toFixed(2))];
    }),
  );
}
