import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, type BenchResult, median, printTable, round } from './benchmark';
import { type Measured, PeerMissing, perfAnalyzer, type RunningPeer, startPeer } from './peers/python-tools';
import { PEER_MODELS, type PeerModel, writePeerRepositories } from './peers/repositories';

const BAR = 1;
/** BENCH_QUICK=1 tries that all of it runs: short windows, one level, one round. Its numbers mean nothing. */
const QUICK = process.env.BENCH_QUICK === '1';
const WINDOW_MS = QUICK ? 300 : 1_000;
/** Before a model's points are measured, at both servers. */
const WARM_LOAD = ['--concurrency-range', '8'];
const ROUNDS = QUICK ? 1 : 2;
const CONCURRENCIES = QUICK ? [8] : [1, 8, 32];
const DELAYS_US = QUICK ? [1_000] : [0, 1_000];

interface Point {
  readonly model: string;
  readonly delayUs: number;
  readonly concurrency: number;
  readonly ratio: number;
  readonly ferry: Measured;
  readonly triton: Measured;
}

/** Ferry's inferences a second over those of the real Triton, by the same perf_analyzer, turn by turn; the worst point counts. */
function vsTriton(door: 'http' | 'grpc'): Benchmark {
  return {
    name: `${door}-vs-triton`,
    describes: `inferences/s over ${door === 'http' ? 'HTTP' : 'gRPC'}, Ferry / Triton, the worst of all points`,
    async run(print): Promise<BenchResult> {
      try {
        const points: Point[] = [];
        for (const delayUs of DELAYS_US) points.push(...(await pointsWith(door, delayUs)));
        printTable(print, points.map(rowOf));
        const value = round(Math.min(...points.map(({ ratio }) => ratio)));
        return { value, bar: BAR, holds: value >= BAR, detail: { quick: QUICK, points } };
      } catch (error) {
        if (!(error instanceof PeerMissing)) throw error;
        print(`skipped: ${error.message}`);
        return { value: Number.NaN, bar: BAR, holds: true, detail: { skipped: error.message } };
      }
    },
  };
}

async function pointsWith(door: 'http' | 'grpc', delayUs: number): Promise<Point[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-vs-triton-'));
  const peers: RunningPeer[] = [];
  try {
    writePeerRepositories(folder, delayUs);
    for (const name of ['ferry', 'triton'] as const) peers.push(await startPeer(name, join(folder, name)));
    const [ferry, triton] = peers as [RunningPeer, RunningPeer];
    const points: Point[] = [];
    for (const model of PEER_MODELS) {
      // Servers that have served for a while are compared: in its first seconds Ferry's own code is not compiled yet.
      for (const peer of peers)
        await perfAnalyzer(peer[door], ['-m', model.name, '-i', door, ...WARM_LOAD], WINDOW_MS);
      for (const concurrency of CONCURRENCIES) {
        points.push(await pointOf({ door, delayUs, model, concurrency, ferry, triton }));
      }
    }
    return points;
  } finally {
    for (const peer of peers) await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface PointSpec {
  readonly door: 'http' | 'grpc';
  readonly delayUs: number;
  readonly model: PeerModel;
  readonly concurrency: number;
  readonly ferry: RunningPeer;
  readonly triton: RunningPeer;
}

async function pointOf({ door, delayUs, model, concurrency, ferry, triton }: PointSpec): Promise<Point> {
  const args = ['-m', model.name, '-i', door, '--concurrency-range', String(concurrency)];
  const runs: { readonly ferry: Measured; readonly triton: Measured }[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    runs.push({
      ferry: await perfAnalyzer(ferry[door], args, WINDOW_MS),
      triton: await perfAnalyzer(triton[door], args, WINDOW_MS),
    });
  }
  const middle = (side: 'ferry' | 'triton', key: keyof Measured) => median(runs.map((run) => run[side][key]));
  const of = (side: 'ferry' | 'triton'): Measured => ({
    perSecond: Math.round(middle(side, 'perSecond')),
    p50Us: middle(side, 'p50Us'),
    p99Us: middle(side, 'p99Us'),
  });
  const ratio = round(median(runs.map((run) => run.ferry.perSecond / run.triton.perSecond)));
  return { model: model.name, delayUs, concurrency, ratio, ferry: of('ferry'), triton: of('triton') };
}

function rowOf({ model, delayUs, concurrency, ratio, ferry, triton }: Point) {
  return {
    model,
    'delay us': delayUs,
    clients: concurrency,
    'Ferry/s': ferry.perSecond,
    'Triton/s': triton.perSecond,
    ratio,
    'Ferry p50/p99 us': `${ferry.p50Us}/${ferry.p99Us}`,
    'Triton p50/p99 us': `${triton.p50Us}/${triton.p99Us}`,
  };
}

export const httpVsTriton = vsTriton('http');
export const grpcVsTriton = vsTriton('grpc');
