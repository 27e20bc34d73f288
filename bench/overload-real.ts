import { monitorEventLoopDelay } from 'node:perf_hooks';
import { histogramDelta, histogramPercentileUs, type ModelSettingsPatch } from '../engine/contract';
import type { Engine } from '../engine/engine';
import type { LoadSnapshot } from '../engine/loadtest';
import { type Benchmark, median, printTable, round } from './benchmark';
import { countersOf, loadModel, measureCurve, startEngine } from './serve-demo';

const BAR = 0.9;
const OFFERED = 1.6;
/** SLO as a multiple of what one row takes alone. */
const SLO_TIMES = 10;
const ROUNDS = 3;
const CLIENTS = 32;
/** How often the event loop is looked at. */
const LOOK_MS = 1;
const MODEL = 'ocr-orientation';
const DIMS = { x: { 2: 48, 3: 192 } };
const TIMES = { warmupMs: 1_000, durationMs: 4_000 };
const MAX_BATCH_SIZE = 16;
const STATIC: ModelSettingsPatch = { batching: 'fixed', maxBatchSize: MAX_BATCH_SIZE, maxQueueDelayUs: 0 };

interface Seen {
  readonly goodput: number;
  readonly acceptedP99Ms: number;
  /** The same from arrival in the queue to answer, without sockets and the client's thread; buckets of 6 %. */
  readonly serverP99Ms: number;
  readonly refusedShare: number;
  /** Share of the time in which the instance ran batches. */
  readonly busyShare: number;
  /** How late the event loop was. */
  readonly loopP99Ms: number;
}

/**
 * What a model answers in time when it is offered more than it can: capacity is what a closed loop of 32 clients reaches with static
 * batching, measured anew in every round; goodput counts the answers that come within the SLO, as clients see it.
 */
export const overloadReal: Benchmark = {
  name: 'overload-real',
  describes: `${OFFERED}x capacity offered to ${MODEL} over HTTP, SLO ${SLO_TIMES} x l(1): answers in time in auto mode, over capacity`,
  async run(print) {
    const { engine, close } = await startEngine({ models: [MODEL] });
    const set = (patch: ModelSettingsPatch) =>
      engine.registry.updateSettings(MODEL, { preferredBatchSizes: [], sloMs: null, ...patch }, false);
    const closed = (clients: number) =>
      loadModel(engine, {
        model: MODEL,
        executor: { kind: 'closed', clients },
        dynamicDims: DIMS,
        ...TIMES,
      });
    await measureCurve(engine, MODEL, { maxBatchSize: MAX_BATCH_SIZE, dynamicDims: DIMS });
    const singleUs = engine.registry.served(MODEL, null).singleRunUs ?? Number.NaN;
    const sloMs = round((SLO_TIMES * singleUs) / 1000, 1);
    const rounds = [];
    for (let i = 0; i < ROUNDS; i++) {
      await set(STATIC);
      const aloneP99Ms = (await closed(1)).latency.p99Ms ?? Number.NaN;
      const capacity = (await closed(CLIENTS)).achievedPerSecond;
      const fixed = await offer(engine, sloMs, capacity);
      await set({ batching: 'auto', maxBatchSize: MAX_BATCH_SIZE, sloMs });
      const auto = await offer(engine, sloMs, capacity);
      rounds.push({ capacity, aloneP99Ms, fixed, auto });
    }
    await close();
    print(`  l(1) ${round(singleUs / 1000, 2)} ms, SLO ${sloMs} ms`);
    printTable(
      print,
      rounds.flatMap(({ capacity, aloneP99Ms, fixed, auto }, i) =>
        [
          { name: 'auto', ...auto },
          { name: 'static', ...fixed },
        ].map((side) => ({
          round: i + 1,
          side: side.name,
          'one client, p99 ms': round(aloneP99Ms, 1),
          'capacity/s': Math.round(capacity),
          goodput: round(side.goodput),
          'p99 ms': round(side.acceptedP99Ms, 1),
          'in the server': round(side.serverP99Ms, 1),
          refused: round(side.refusedShare),
          busy: round(side.busyShare),
          'loop late, p99 ms': round(side.loopP99Ms, 1),
        })),
      ),
    );
    const value = round(median(rounds.map(({ auto }) => auto.goodput)));
    const p99Ms = round(median(rounds.map(({ auto }) => auto.acceptedP99Ms)), 1);
    const serverP99Ms = round(median(rounds.map(({ auto }) => auto.serverP99Ms)), 1);
    const aloneP99Ms = round(median(rounds.map((one) => one.aloneP99Ms)), 1);
    const fixedGoodput = round(median(rounds.map(({ fixed }) => fixed.goodput)));
    return {
      value,
      bar: BAR,
      holds: value >= BAR && p99Ms <= sloMs,
      detail: { sloMs, p99Ms, serverP99Ms, aloneP99Ms, fixedGoodput, l1Ms: round(singleUs / 1000, 2) },
    };
  },
};

async function offer(engine: Engine, sloMs: number, capacity: number): Promise<Seen> {
  const lateness = monitorEventLoopDelay({ resolution: LOOK_MS });
  const before = countersOf(engine, MODEL);
  const beganMs = performance.now();
  lateness.enable();
  const { counts, measuredMs, latency } = await loadModel(engine, {
    model: MODEL,
    executor: { kind: 'open', requestsPerSecond: capacity * OFFERED, arrivals: 'poisson', maxInFlight: 4096 },
    dynamicDims: DIMS,
    ...TIMES,
  });
  lateness.disable();
  const after = countersOf(engine, MODEL);
  const refused = Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
  return {
    goodput: (counts.succeeded * inTimeShare(latency, sloMs) * 1000) / measuredMs / capacity,
    acceptedP99Ms: latency.p99Ms ?? Number.NaN,
    serverP99Ms:
      (histogramPercentileUs(histogramDelta(before.latency, after.latency), 0.99) ?? Number.NaN) / 1000,
    refusedShare: refused / Math.max(1, counts.sent),
    busyShare: (after.busyUs - before.busyUs) / 1000 / (performance.now() - beganMs),
    loopP99Ms: Math.max(0, lateness.percentile(99) / 1e6 - LOOK_MS),
  };
}

/** With the percentiles that a run tells, the share in time is bounded from below: at least the largest of those within the SLO. */
function inTimeShare(latency: LoadSnapshot['latency'], sloMs: number): number {
  const shares = [
    [latency.maxMs, 1],
    [latency.p99Ms, 0.99],
    [latency.p95Ms, 0.95],
    [latency.p90Ms, 0.9],
    [latency.p50Ms, 0.5],
  ] as const;
  return shares.find(([ms]) => ms !== null && ms <= sloMs)?.[1] ?? 0;
}
