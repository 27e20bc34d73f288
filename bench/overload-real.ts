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
/** How often the event loop is looked at. */
const LOOK_MS = 10;

interface Subject {
  readonly model: string;
  readonly dynamicDims: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly maxBatchSize: number;
  /** Until auto mode knows how its batches stray: some 30 of them. */
  readonly warmupMs: number;
  readonly durationMs: number;
}

/**
 * The first is the value: a model that keeps its device busy, with an SLO well above what the machine itself stalls for. The second is
 * printed beside it: single rows of 2 to 3 ms in bodies of 110 KB, so that on two cores the client, its refused requests and the device
 * want the same processor.
 */
const HEAVY: Subject = {
  model: 'ocr-recognition',
  dynamicDims: { x: { 2: 48, 3: 320 } },
  maxBatchSize: 8,
  warmupMs: 5_000,
  durationMs: 10_000,
};
const LIGHT: Subject = {
  model: 'ocr-orientation',
  dynamicDims: { x: { 2: 48, 3: 192 } },
  maxBatchSize: 16,
  warmupMs: 1_000,
  durationMs: 4_000,
};

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
 * What a model answers in time when it is offered more than it can. Capacity as in virtual time: of the batch sizes m that can keep the
 * SLO at all (2 l(m) within it), what a closed loop of 2 m clients reaches with static batches of at most m, measured anew in every
 * round. Goodput counts the answers that come within the SLO, as clients see it.
 */
export const overloadReal: Benchmark = {
  name: 'overload-real',
  describes: `${OFFERED}x capacity offered to ${HEAVY.model} over HTTP, SLO ${SLO_TIMES} x l(1): answers in time in auto mode, over capacity`,
  async run(print) {
    const { engine, close } = await startEngine({ models: [HEAVY.model, LIGHT.model] });
    const heavy = await overloaded(engine, HEAVY, print);
    const light = await overloaded(engine, LIGHT, print);
    await close();
    return {
      value: heavy.goodput,
      bar: BAR,
      holds: heavy.goodput >= BAR && heavy.p99Ms <= heavy.sloMs,
      detail: { ...heavy, [LIGHT.model]: light },
    };
  },
};

async function overloaded(engine: Engine, subject: Subject, print: (line: string) => void) {
  const { model, dynamicDims, maxBatchSize, warmupMs, durationMs } = subject;
  const set = (patch: ModelSettingsPatch) =>
    engine.registry.updateSettings(model, { preferredBatchSizes: [], sloMs: null, ...patch }, false);
  const closed = (clients: number) =>
    loadModel(engine, {
      model,
      executor: { kind: 'closed', clients },
      dynamicDims,
      warmupMs,
      durationMs,
    });
  await measureCurve(engine, model, subject);
  const served = engine.registry.served(model, null);
  const singleUs = served.singleRunUs ?? Number.NaN;
  const sloMs = round((SLO_TIMES * singleUs) / 1000, 1);
  const sizes = (served.costCurve?.points ?? []).filter(({ meanUs }) => 2 * meanUs <= sloMs * 1000);
  const most = Math.max(1, ...sizes.map(({ rows }) => rows));
  const fixedSettings = { batching: 'fixed', maxBatchSize: most, maxQueueDelayUs: 0 } as const;
  const autoSettings = { batching: 'auto', maxBatchSize, sloMs } as const;
  const rounds = [];
  // The first round compiles the code of refusals, and is not counted.
  for (let i = 0; i <= ROUNDS; i++) {
    await set(fixedSettings);
    const aloneP99Ms = (await closed(1)).latency.p99Ms ?? Number.NaN;
    const capacity = (await closed(2 * most)).achievedPerSecond;
    const fixed = await offer(engine, subject, sloMs, capacity);
    await set(autoSettings);
    const auto = await offer(engine, subject, sloMs, capacity);
    if (i > 0) rounds.push({ capacity, aloneP99Ms, fixed, auto });
  }
  print(
    `  ${model}: l(1) ${round(singleUs / 1000, 2)} ms, SLO ${sloMs} ms, static batches of at most ${most}`,
  );
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
  return {
    goodput: round(median(rounds.map(({ auto }) => auto.goodput))),
    sloMs,
    p99Ms: round(median(rounds.map(({ auto }) => auto.acceptedP99Ms)), 1),
    serverP99Ms: round(median(rounds.map(({ auto }) => auto.serverP99Ms)), 1),
    fixedGoodput: round(median(rounds.map(({ fixed }) => fixed.goodput))),
  };
}

async function offer(
  engine: Engine,
  { model, dynamicDims, warmupMs, durationMs }: Subject,
  sloMs: number,
  capacity: number,
): Promise<Seen> {
  const lateness = monitorEventLoopDelay({ resolution: LOOK_MS });
  const before = countersOf(engine, model);
  const beganMs = performance.now();
  lateness.enable();
  const { counts, measuredMs, latency } = await loadModel(engine, {
    model,
    executor: { kind: 'open', requestsPerSecond: capacity * OFFERED, arrivals: 'poisson', maxInFlight: 4096 },
    dynamicDims,
    warmupMs,
    durationMs,
  });
  lateness.disable();
  const after = countersOf(engine, model);
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
