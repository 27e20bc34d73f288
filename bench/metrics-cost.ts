import type { Engine } from '../engine/engine';
import { type Benchmark, median, printTable, round } from './benchmark';
import { loadDemo, startEngine } from './serve-demo';

const BAR = 0.97;
const CLIENTS = 32;
const ROUNDS = 7;
const LOAD = { warmupMs: 400, durationMs: 2_200 };
const SETTINGS = { batching: true, maxBatchSize: 16, preferredBatchSizes: [], maxQueueDelayUs: 1_000 };
const SCRAPE_EVERY_MS = 1_000;
/** Everything that can be switched on. */
const ON = ['--metrics-config', 'summary_latencies=true,histogram_latencies=true'];
const OFF = ['--no-metrics'];

/**
 * What metrics cost: the same load against an engine that records all of them and is scraped every second, and against one without.
 * Both run all the time, and the idle one waits: what differs is only the load.
 */
export const metricsCost: Benchmark = {
  name: 'metrics-cost',
  describes: 'serving throughput with all metrics recorded and scraped every second / with --no-metrics',
  async run(print) {
    const on = await startEngine({ argv: ON });
    const off = await startEngine({ argv: OFF });
    const rounds: { on: number; off: number; scrapes: number }[] = [];
    try {
      for (const { engine } of [on, off]) {
        await engine.registry.updateSettings('demo-mlp', SETTINGS, false);
        await load(engine);
      }
      for (let i = 0; i < ROUNDS; i++) {
        // In turns, and each first as often: what drifts on the machine falls on both.
        const early = i % 2 === 0 ? await load(off.engine) : null;
        const scraped = await whileScraped(on.engine, () => load(on.engine));
        const without = early ?? (await load(off.engine));
        rounds.push({ on: scraped.rate, off: without, scrapes: scraped.scrapes });
      }
    } finally {
      await on.close();
      await off.close();
    }
    printTable(
      print,
      rounds.map((r, i) => ({
        round: i + 1,
        'off req/s': Math.round(r.off),
        'on req/s': Math.round(r.on),
        ratio: round(r.on / r.off),
        scrapes: r.scrapes,
      })),
    );
    const value = round(median(rounds.map((r) => r.on / r.off)));
    const scrapes = rounds.reduce((sum, r) => sum + r.scrapes, 0);
    return {
      value,
      bar: BAR,
      holds: value >= BAR && scrapes >= ROUNDS,
      detail: {
        onPerSecond: Math.round(median(rounds.map((r) => r.on))),
        offPerSecond: Math.round(median(rounds.map((r) => r.off))),
        scrapes,
        clients: CLIENTS,
      },
    };
  },
};

async function load(engine: Engine): Promise<number> {
  return (await loadDemo(engine, { kind: 'closed', clients: CLIENTS }, LOAD)).achievedPerSecond;
}

/** Scrapes once a second, as a Prometheus would, until the work is done. */
async function whileScraped(
  engine: Engine,
  work: () => Promise<number>,
): Promise<{ readonly rate: number; readonly scrapes: number }> {
  const url = `${engine.status.metrics?.url}/metrics`;
  let scrapes = 0;
  const pending = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const scrape = fetch(url)
      .then((response) => response.text())
      .then((page) => {
        if (!page.includes('ferry_request_duration_seconds_bucket'))
          throw new Error('the scrape is not whole');
        scrapes++;
        pending.delete(scrape);
      });
    pending.add(scrape);
  }, SCRAPE_EVERY_MS);
  try {
    const rate = await work();
    return { rate, scrapes };
  } finally {
    clearInterval(timer);
    await Promise.all(pending);
  }
}
