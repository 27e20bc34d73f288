import {
  histogramDelta,
  histogramPercentileUs,
  type LoadTestExecutor,
  type ModelSettingsPatch,
} from '../engine/contract';
import type { Engine } from '../engine/engine';
import { type Benchmark, median, percentile, printTable, round } from './benchmark';
import { countersOf, measureCurve, pause, startEngine, startLoad } from './serve-demo';

const MEDIAN_BAR = 0.95;
const WORST_BAR = 0.85;
const CLIENTS = [1, 2, 4, 8, 16, 32];
/** Shares of the rate that 32 clients reach. */
const POISSON_LOADS = [0.3, 0.5, 0.7];
/** After a change, until what waited under the old settings is answered; and what is then measured. */
const SETTLE_MS = 100;
const WINDOW_MS = 400;
/** Each static setting is looked at so often, by turns. */
const LOOKS = 2;
/** The best of them and auto are then compared so many times, each first in every other pair. */
const PAIRS = 10;
/**
 * Both ways run so long before anything is measured: the grid alone would leave the code of static settings compiled and that of auto
 * not, which one client notices for some seconds.
 */
const WARM_MS = 4000;
/** No point takes as long. */
const MOST_MS = 300_000;

interface Subject {
  readonly model: string;
  readonly maxBatchSize: number;
  readonly dynamicDims?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const SUBJECTS: readonly Subject[] = [
  { model: 'demo-mlp', maxBatchSize: 32 },
  { model: 'ocr-orientation', maxBatchSize: 16, dynamicDims: { x: { 2: 48, 3: 192 } } },
];

/** What was answered in a while, as the engine counts it. */
interface Seen {
  readonly perSecond: number;
  /** From arrival in the queue to answer; buckets of 6 %. */
  readonly p95Us: number;
}

interface Point {
  readonly name: string;
  readonly executor: LoadTestExecutor;
  /** More is better. */
  readonly worth: (seen: Seen) => number;
}

const closed = (clients: number): Point => ({
  name: `${clients} clients`,
  executor: { kind: 'closed', clients },
  worth: ({ perSecond }) => perSecond,
});

const poisson = (requestsPerSecond: number, share: number): Point => ({
  name: `Poisson ${share}`,
  executor: { kind: 'open', requestsPerSecond, arrivals: 'poisson', maxInFlight: 2048 },
  worth: ({ p95Us }) => 1 / p95Us,
});

const AUTO: ModelSettingsPatch = { batching: 'auto' };

const gridOf = (maxBatchSize: number): readonly ModelSettingsPatch[] => [
  { batching: 'off' },
  { batching: 'fixed', maxBatchSize: 8, maxQueueDelayUs: 0 },
  { batching: 'fixed', maxBatchSize, maxQueueDelayUs: 0 },
  { batching: 'fixed', maxBatchSize, maxQueueDelayUs: 1000 },
  { batching: 'fixed', maxBatchSize, maxQueueDelayUs: 4000 },
];

const nameOf = ({ batching, maxBatchSize, maxQueueDelayUs }: ModelSettingsPatch): string =>
  batching === 'off' ? 'off' : `max ${maxBatchSize}, ${(maxQueueDelayUs ?? 0) / 1000} ms`;

/**
 * Auto mode beside the best of a grid of static settings, through the HTTP door, point by point. The settings change every half second
 * under one load, so that what the machine does meets all of them: the best of the grid is chosen by two looks at each, then measured
 * anew, by turns with auto (the largest of several noisy numbers is no measurement of its setting). A point's ratio is the median of
 * its pairs.
 */
export const autoReal: Benchmark = {
  name: 'auto-real',
  describes:
    'auto over the best static setting, real models over HTTP: throughput of closed loops, p95 of Poisson arrivals',
  async run(print) {
    const { engine, close } = await startEngine({ models: SUBJECTS.map(({ model }) => model) });
    const rows: Awaited<ReturnType<typeof duel>>['row'][] = [];
    for (const subject of SUBJECTS) {
      await measureCurve(engine, subject.model, subject);
      await warm(engine, subject);
      let capacity = 0;
      for (const clients of CLIENTS) {
        const { row, rate } = await duel(engine, subject, closed(clients));
        capacity = Math.max(capacity, rate);
        rows.push(row);
      }
      for (const share of POISSON_LOADS)
        rows.push((await duel(engine, subject, poisson(capacity * share, share))).row);
    }
    await close();
    printTable(print, rows);
    const ratios = rows.map(({ ratio }) => ratio);
    const value = round(median(ratios));
    const worst = round(Math.min(...ratios));
    return {
      value,
      bar: MEDIAN_BAR,
      holds: value >= MEDIAN_BAR && worst >= WORST_BAR,
      detail: {
        worst,
        worstBar: WORST_BAR,
        points: rows.length,
        bestOverItself: round(median(rows.map((row) => row['best over itself']))),
      },
    };
  },
};

async function warm(engine: Engine, subject: Subject): Promise<void> {
  await underLoad(engine, subject, { kind: 'closed', clients: 1 }, async (look) => {
    for (let ms = 0; ms < WARM_MS; ms += SETTLE_MS + WINDOW_MS) {
      await look(AUTO);
      await look({ batching: 'fixed', maxBatchSize: subject.maxBatchSize, maxQueueDelayUs: 0 });
    }
  });
}

type Look = (settings: ModelSettingsPatch) => Promise<Seen>;

/** Sends requests of one kind until `body` is done, which looks at what becomes of them under settings of its choice. */
async function underLoad<Result>(
  engine: Engine,
  { model, maxBatchSize, dynamicDims = {} }: Subject,
  executor: LoadTestExecutor,
  body: (look: Look) => Promise<Result>,
): Promise<Result> {
  const load = startLoad(engine, { model, executor, dynamicDims, warmupMs: 0, durationMs: MOST_MS });
  await load.started;
  try {
    return await body(async (settings) => {
      await engine.registry.updateSettings(
        model,
        { preferredBatchSizes: [], maxBatchSize, ...settings },
        false,
      );
      await pause(SETTLE_MS);
      const before = countersOf(engine, model);
      const beganMs = performance.now();
      await pause(WINDOW_MS);
      const latency = histogramDelta(before.latency, countersOf(engine, model).latency);
      return {
        perSecond: (latency.count * 1000) / (performance.now() - beganMs),
        p95Us: histogramPercentileUs(latency, 0.95) ?? Number.POSITIVE_INFINITY,
      };
    });
  } finally {
    load.stop();
    await load.finished;
  }
}

function duel(engine: Engine, subject: Subject, { name, executor, worth }: Point) {
  return underLoad(engine, subject, executor, async (look) => {
    const grid = gridOf(subject.maxBatchSize).map((settings) => ({ settings, worth: 0 }));
    for (let i = 0; i < LOOKS; i++) for (const one of grid) one.worth += worth(await look(one.settings));
    const best = grid.reduce((most, one) => (one.worth > most.worth ? one : most)).settings;
    const pairs: { readonly ours: Seen; readonly theirs: Seen }[] = [];
    for (let i = 0; i < PAIRS; i++) {
      if (i % 2 === 0) pairs.push({ ours: await look(AUTO), theirs: await look(best) });
      else pairs.push({ theirs: await look(best), ours: await look(AUTO) });
    }
    const theirs = pairs.map((pair) => worth(pair.theirs));
    const rate = median(pairs.map((pair) => pair.theirs.perSecond));
    return {
      rate,
      row: {
        point: `${subject.model}, ${name}`,
        ratio: round(median(pairs.map((pair) => worth(pair.ours) / worth(pair.theirs)))),
        // What the machine does to one setting, a quarter of its windows aside at either end.
        'best over itself': round(percentile(theirs, 0.25) / percentile(theirs, 0.75)),
        best: nameOf(best),
        rate: Math.round(rate),
      },
    };
  });
}
