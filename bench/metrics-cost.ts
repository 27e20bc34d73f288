import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Engine } from '../engine/engine';
import { type Benchmark, median, printTable, round } from './benchmark';
import { loadDemo, startEngine } from './serve-demo';

const BAR = 0.97;
const CLIENTS = 32;
const ROUNDS = 7;
const LOAD = { warmupMs: 400, durationMs: 2_200 };
const SETTINGS = {
  batching: 'fixed' as const,
  maxBatchSize: 16,
  preferredBatchSizes: [],
  maxQueueDelayUs: 1_000,
};
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
    const scraper = new Scraper(on.engine.status.metrics?.url ?? '');
    const rounds: { on: number; off: number; scrapes: number }[] = [];
    try {
      for (const { engine } of [on, off]) {
        await engine.registry.updateSettings('demo-mlp', SETTINGS, false);
        await load(engine);
      }
      for (let i = 0; i < ROUNDS; i++) {
        // In turns, and each first as often: what drifts on the machine falls on both.
        const early = i % 2 === 0 ? await load(off.engine) : null;
        const scraped = await scraper.during(() => load(on.engine));
        const without = early ?? (await load(off.engine));
        rounds.push({ on: scraped.rate, off: without, scrapes: scraped.scrapes });
      }
    } finally {
      await scraper.close();
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

/**
 * A Prometheus: asks once a second, in a thread of its own, so that what a scraper costs is not laid to the engine, which runs in this
 * one.
 */
class Scraper {
  readonly #worker: Worker;

  constructor(url: string) {
    this.#worker = new Worker(SCRAPER, {
      eval: true,
      workerData: { url: `${url}/metrics`, everyMs: SCRAPE_EVERY_MS },
    });
  }

  /** @returns how many whole pages came while the work was done */
  async during(work: () => Promise<number>): Promise<{ readonly rate: number; readonly scrapes: number }> {
    this.#worker.postMessage('start');
    const rate = await work();
    const scraped = once(this.#worker, 'message') as Promise<[number]>;
    this.#worker.postMessage('stop');
    const [scrapes] = await scraped;
    return { rate, scrapes };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

const SCRAPER = `
const { parentPort, workerData } = require('node:worker_threads');
let scrapes = 0;
let timer;
const scrape = async () => {
  const page = await (await fetch(workerData.url)).text();
  if (page.includes('ferry_request_duration_seconds_bucket')) scrapes++;
};
parentPort.on('message', (order) => {
  clearInterval(timer);
  if (order === 'start') {
    scrapes = 0;
    timer = setInterval(scrape, workerData.everyMs);
  } else parentPort.postMessage(scrapes);
});
`;
