import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityModel } from '../engine/testing/onnx-writer';
import { type Benchmark, type BenchResult, median, printTable, round } from './benchmark';
import { type Measured, PeerMissing, perfAnalyzer, startPeer } from './peers/python-tools';

const BAR = 0.7;
/** BENCH_QUICK=1 tries that all of it runs. Its numbers mean nothing. */
const QUICK = process.env.BENCH_QUICK === '1';
const WINDOW_MS = QUICK ? 300 : 1_500;
const ROUNDS = QUICK ? 1 : 3;
const CONCURRENCIES = QUICK ? [4] : [1, 4, 16];
/** 600 KB of FP32. */
const VALUES = 150_000;

interface Point {
  readonly concurrency: number;
  readonly ratio: number;
  readonly grpc: Measured;
  readonly http: Measured;
}

/** Large tensors to and fro: Ferry's gRPC door over its HTTP door with binary tensors, by the same perf_analyzer, turn by turn. */
export const grpc600kb: Benchmark = {
  name: 'grpc-600kb',
  describes: 'requests/s with 600 KB in and out, gRPC / HTTP with binary tensors, the worst of all points',
  async run(print): Promise<BenchResult> {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-600kb-'));
    try {
      writeRepository(folder);
      const points = await pointsOf(folder);
      printTable(print, points.map(rowOf));
      const value = round(Math.min(...points.map(({ ratio }) => ratio)));
      return { value, bar: BAR, holds: value >= BAR, detail: { quick: QUICK, points } };
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      print(`skipped: ${error.message}`);
      return { value: Number.NaN, bar: BAR, holds: true, detail: { skipped: error.message } };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function writeRepository(folder: string): void {
  const version = join(folder, 'large', '1');
  mkdirSync(version, { recursive: true });
  const tensor = (field: string, name: string) =>
    `${field} [ { name: "${name}" data_type: TYPE_FP32 dims: [ 1, ${VALUES} ] } ]\n`;
  writeFileSync(join(version, 'model.onnx'), identityModel([{ datatype: 'FP32', shape: [1, VALUES] }]));
  writeFileSync(
    join(folder, 'large', 'config.pbtxt'),
    `backend: "onnxruntime"\nmax_batch_size: 0\n${tensor('input', 'x')}${tensor('output', 'y')}`,
  );
}

async function pointsOf(repository: string): Promise<Point[]> {
  const ferry = await startPeer('ferry', repository);
  try {
    const points: Point[] = [];
    for (const concurrency of CONCURRENCIES) {
      const measure = (door: 'grpc' | 'http') =>
        perfAnalyzer(
          ferry[door],
          ['-m', 'large', '-i', door, '--concurrency-range', `${concurrency}`],
          WINDOW_MS,
        );
      const rounds: { readonly grpc: Measured; readonly http: Measured }[] = [];
      for (let i = 0; i < ROUNDS; i++)
        rounds.push({ grpc: await measure('grpc'), http: await measure('http') });
      const middle = (door: 'grpc' | 'http'): Measured => ({
        perSecond: Math.round(median(rounds.map((each) => each[door].perSecond))),
        p50Us: median(rounds.map((each) => each[door].p50Us)),
        p99Us: median(rounds.map((each) => each[door].p99Us)),
      });
      const ratio = round(median(rounds.map(({ grpc, http }) => grpc.perSecond / http.perSecond)));
      points.push({ concurrency, ratio, grpc: middle('grpc'), http: middle('http') });
    }
    return points;
  } finally {
    await ferry.stop();
  }
}

function rowOf({ concurrency, ratio, grpc, http }: Point) {
  return {
    clients: concurrency,
    'gRPC/s': grpc.perSecond,
    'HTTP/s': http.perSecond,
    ratio,
    'gRPC p50/p99 us': `${grpc.p50Us}/${grpc.p99Us}`,
    'HTTP p50/p99 us': `${http.p50Us}/${http.p99Us}`,
  };
}
