import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { GrpcTestClient } from '../../testing/grpc-client';
import { heapAfterCollection } from '../process-state';
import { startEngine, type TestEngine } from '../start-engine';
import { Traffic } from '../traffic';
import { waitUntil } from '../wait-until';
import { expectCountersAddUp, expectOnlyKilledBatchesFailed } from './accounts';
import { type Changes, changeSettings } from './change-settings';
import { MEMORY_BUDGET, MODELS, questionsOf } from './chaos-models';
import { comeAndGo, killInstances } from './disturb';

const CLIENTS = 54;
const LEAST_KILLS = 2;
const KILL_EVERY_S = 20;
/** What is kept is bounded: the last batches, logs, samples of a quarter of an hour. */
const HEAP_GROWTH_LIMIT_MIB = 48;

export interface EngineChaosReport {
  readonly seconds: number;
  readonly requests: number;
  readonly right: number;
  /** Requests whose clients did not wait for the answer. */
  readonly left: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly changes: Changes;
  readonly visits: number;
  readonly kills: number;
  readonly batchesLost: number;
  readonly evictions: number;
  readonly coldStarts: number;
  /** After the first quarter, and at the end. */
  readonly heapMib: readonly [number, number];
  readonly rssMib: readonly [number, number];
  readonly meanBatch: Readonly<Record<string, number>>;
}

/**
 * A whole engine with real models behind real sockets, while clients come, hurry and leave, settings change in all three ways, models
 * come and go and evict each other, and instances are killed. Rejects when a request did not end once with its own right answer, or
 * memory grew.
 */
export async function runEngineChaos(seconds: number): Promise<EngineChaosReport> {
  const t = await startEngine({
    models: MODELS,
    argv: ['--log-level', 'error', '--memory-budget', MEMORY_BUDGET],
  });
  const grpc = new GrpcTestClient(t.engine.status.grpc?.port ?? 0);
  try {
    const traffic = new Traffic(t.http, questionsOf(grpc), CLIENTS);
    const endMs = performance.now() + seconds * 1000;
    const warm = pause((seconds * 1000) / 4).then(memoryMib);
    const [changes, visits, kills] = await Promise.all([
      changeSettings(t, endMs),
      comeAndGo(t, endMs),
      killInstances(t, endMs, Math.max(LEAST_KILLS, Math.round(seconds / KILL_EVERY_S))),
    ]);
    await traffic.stop();
    await waitUntil('nothing is under way', () => t.engine.registry.counters().every(isIdle));
    const [before, after] = [await warm, memoryMib()];
    const batchesLost = kills.flat();
    judge(t, traffic, batchesLost);
    assert.ok(after.heap - before.heap < HEAP_GROWTH_LIMIT_MIB, `heap: ${before.heap} to ${after.heap} MiB`);
    return {
      seconds,
      requests: traffic.asked,
      right: traffic.right,
      left: traffic.left,
      errors: traffic.errorsByCode(),
      changes,
      visits,
      kills: kills.length,
      batchesLost: batchesLost.length,
      ...comingsAndGoings(t),
      heapMib: [before.heap, after.heap],
      rssMib: [before.rss, after.rss],
      meanBatch: meanBatches(t, traffic),
    };
  } finally {
    grpc.close();
    await t.close();
  }
}

function judge(t: TestEngine, traffic: Traffic, batchesLost: readonly number[]): void {
  assert.deepStrictEqual(traffic.faults, []);
  expectOnlyKilledBatchesFailed(traffic, batchesLost);
  for (const [model, tally] of traffic.tallies) {
    expectCountersAddUp(t, traffic, model, model === 'heavy' ? batchesLost.length : 0);
    assert.ok(tally.right > 0, `${model}: no right answer`);
  }
}

const isIdle = ({ queueLength, inFlight }: { queueLength: number; inFlight: number }): boolean =>
  queueLength === 0 && inFlight === 0;

function memoryMib(): { readonly heap: number; readonly rss: number } {
  const heap = Math.round(heapAfterCollection() / 2 ** 20);
  return { heap, rss: Math.round(process.memoryUsage.rss() / 2 ** 20) };
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
