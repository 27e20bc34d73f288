import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, type BenchResult, median, printTable, round } from './benchmark';
import { answerOf, FRAMEWORKS, type JsonTarget, startFramework, v2Body } from './peers/frameworks';
import { PeerMissing, type RunningPeer, startPeer } from './peers/python-tools';
import { PEER_MODELS, type PeerModel, writePeerRepositories } from './peers/repositories';
import { type WrkMeasured, wrk } from './peers/wrk';

const BAR = 1;
const MLSERVER_BAR = 3;
/** BENCH_QUICK=1 tries that all of it runs. Its numbers mean nothing. */
const QUICK = process.env.BENCH_QUICK === '1';
const SECONDS = QUICK ? 1 : 2;
const ROUNDS = QUICK ? 1 : 3;
const WARMUP_SECONDS = 1;
const DELAY_US = 1_000;
const PEERS = ['triton', ...Object.keys(FRAMEWORKS)];
/** The widest that two runs of ONNX Runtime may differ by. */
const TOLERANCE = 1e-3;

interface Point {
  readonly model: string;
  readonly peer: string;
  /** Ferry's requests a second over the peer's, taken in turns. */
  readonly ratio: number;
  readonly ferry: WrkMeasured;
  readonly other: WrkMeasured;
}

/** Ferry beside Triton and the Python frameworks: one JSON body by wrk, the same model, the same batch settings, turn by turn. */
export const jsonVsFrameworks: Benchmark = {
  name: 'json-vs-frameworks',
  describes: 'JSON requests/s of 32 connections, Ferry / the best of Triton and the Python frameworks',
  async run(print): Promise<BenchResult> {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-json-'));
    try {
      writePeerRepositories(folder, DELAY_US);
      const ferry = await startPeer('ferry', join(folder, 'ferry'));
      try {
        return await compare(print, folder, ferry);
      } finally {
        await ferry.stop();
      }
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      print(`skipped: ${error.message}`);
      return { value: Number.NaN, bar: BAR, holds: true, detail: { skipped: error.message } };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function compare(
  print: (line: string) => void,
  folder: string,
  ferry: RunningPeer,
): Promise<BenchResult> {
  const points: Point[] = [];
  const missing: Record<string, string> = {};
  for (const model of PEER_MODELS) {
    const own = v2Target(ferry, model);
    await wrk(own, WARMUP_SECONDS, folder);
    for (const peer of PEERS) {
      if (missing[peer] !== undefined) continue;
      try {
        points.push(await pointOf({ model, peer, own, folder }));
      } catch (error) {
        if (!(error instanceof PeerMissing)) throw error;
        missing[peer] = error.message;
        print(`${peer} is left out: ${error.message}`);
      }
    }
  }
  if (points.length === 0) throw new PeerMissing(`no peer: ${Object.values(missing).join('; ')}`);
  printTable(print, points.map(rowOfPoint));
  return judged(points, missing);
}

function judged(points: readonly Point[], missing: Readonly<Record<string, string>>): BenchResult {
  const worst = (of: readonly Point[]) => round(Math.min(...of.map(({ ratio }) => ratio)));
  const value = worst(points);
  const beside = points.filter(({ peer }) => peer === 'mlserver');
  const mlserver =
    beside.length === 0
      ? null
      : { value: worst(beside), bar: MLSERVER_BAR, holds: worst(beside) >= MLSERVER_BAR };
  const holds = value >= BAR && mlserver?.holds !== false;
  return { value, bar: BAR, holds, detail: { quick: QUICK, mlserver, missing, points } };
}

const v2Target = (peer: RunningPeer, model: PeerModel) => ({
  url: `http://${peer.http}/v2/models/${model.name}/infer`,
  body: v2Body(model),
});

interface PointSpec {
  readonly model: PeerModel;
  readonly peer: string;
  readonly own: Omit<JsonTarget, 'stop'>;
  readonly folder: string;
}

async function pointOf({ model, peer, own, folder }: PointSpec): Promise<Point> {
  const target = await start(peer, model, folder);
  try {
    assertEqualAnswers(peer, await answerOf(own), await answerOf(target));
    await wrk(target, WARMUP_SECONDS, folder);
    const rounds: { readonly ferry: WrkMeasured; readonly other: WrkMeasured }[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      rounds.push({ ferry: await wrk(own, SECONDS, folder), other: await wrk(target, SECONDS, folder) });
    }
    const middle = (side: 'ferry' | 'other'): WrkMeasured => ({
      perSecond: Math.round(median(rounds.map((each) => each[side].perSecond))),
      p50Us: median(rounds.map((each) => each[side].p50Us)),
      p99Us: median(rounds.map((each) => each[side].p99Us)),
    });
    const ratio = round(median(rounds.map((each) => each.ferry.perSecond / each.other.perSecond)));
    return { model: model.name, peer, ratio, ferry: middle('ferry'), other: middle('other') };
  } finally {
    await target.stop();
  }
}

async function start(peer: string, model: PeerModel, folder: string): Promise<JsonTarget> {
  if (peer === 'triton') {
    const triton = await startPeer('triton', join(folder, 'triton'));
    return { ...v2Target(triton, model), stop: () => triton.stop() };
  }
  const own = join(folder, `${peer}-${model.name}`);
  mkdirSync(own);
  const modelPath = join(folder, 'ferry', model.name, '1', 'model.onnx');
  return startFramework(peer, { model, modelPath, folder: own });
}

/** A server that is fast because it computes something else is not compared. */
function assertEqualAnswers(peer: string, ours: readonly number[], theirs: readonly number[]): void {
  const same =
    ours.length === theirs.length && ours.every((x, i) => Math.abs(x - (theirs[i] ?? Infinity)) <= TOLERANCE);
  if (!same || ours.length === 0)
    throw new Error(`${peer} answers ${theirs.slice(0, 3)}, Ferry ${ours.slice(0, 3)}`);
}

function rowOfPoint({ model, peer, ratio, ferry, other }: Point) {
  return {
    model,
    peer,
    'Ferry/s': ferry.perSecond,
    'peer/s': other.perSecond,
    ratio,
    'Ferry p50/p99 us': `${ferry.p50Us}/${ferry.p99Us}`,
    'peer p50/p99 us': `${other.p50Us}/${other.p99Us}`,
  };
}
