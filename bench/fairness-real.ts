import type { Engine } from '../engine/engine';
import type { InferenceRequest } from '../engine/inference';
import { WEIGHTS, worstDeviation } from '../engine/testing/simulation/fairness';
import { median, percentile } from './benchmark';
import { demoRequest } from './demo-mlp';
import { pause, startEngine } from './serve-demo';

const WARM_UP_MS = 1_000;
const SHARE_MS = 20_000;
const ROUND_MS = 4_000;
const ROUNDS = 5;
/** Of the rate at which the foreground model would be busy with single rows. */
const FOREGROUND_LOAD = 0.2;
/** Different batches, so that equal turns would not be equal shares. */
const MAX_BATCH_SIZES = [32, 16, 8];

export interface RealFairness {
  /** Of the device's time, in the order of the weights. */
  readonly shares: readonly number[];
  readonly deviation: number;
  readonly rounds: readonly BackgroundRound[];
  /** Median of the rounds: what the p99 rose by, over the longest background batch. */
  readonly rise: number;
}

export interface BackgroundRound {
  readonly aloneP99Ms: number;
  readonly besideP99Ms: number;
  readonly longestBatchMs: number;
}

/** Copies of the demo MLP in one engine, asked in process: three with weights, one in the foreground, one in the background. */
export async function fairnessReal(): Promise<RealFairness> {
  const weighted = WEIGHTS.map((weight) => `w${weight}`);
  const { engine, close } = await startEngine({ copies: [...weighted, 'front', 'back'] });
  const set = (name: string, patch: Parameters<Engine['registry']['updateSettings']>[1]) =>
    engine.registry.updateSettings(
      name,
      { batching: 'fixed', preferredBatchSizes: [], maxQueueDelayUs: 0, intraOpThreads: 1, ...patch },
      false,
    );
  for (const [i, deviceWeight] of WEIGHTS.entries())
    await set(`w${deviceWeight}`, { deviceWeight, maxBatchSize: MAX_BATCH_SIZES[i] });
  const loads = WEIGHTS.map(
    (weight, i) => new Saturation(engine, `w${weight}`, 2 * (MAX_BATCH_SIZES[i] ?? 1)),
  );
  await pause(WARM_UP_MS);
  const before = weighted.map((name) => busyUs(engine, name));
  await pause(SHARE_MS);
  const busy = weighted.map((name, i) => busyUs(engine, name) - (before[i] ?? 0));
  for (const load of loads) await load.stop();
  const all = busy.reduce((sum, one) => sum + one, 0);

  await set('front', { maxBatchSize: 8 });
  await set('back', { maxBatchSize: 32, deviceClass: 'background' });
  const singleMs = await singleRunMs(engine);
  const rounds: BackgroundRound[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const aloneP99Ms = percentile(await openLoop(engine, FOREGROUND_LOAD / singleMs), 0.99);
    const back = new Saturation(engine, 'back', 64);
    await pause(WARM_UP_MS / 2);
    const besideP99Ms = percentile(await openLoop(engine, FOREGROUND_LOAD / singleMs), 0.99);
    const longestBatchMs = Math.max(
      ...engine.registry
        .recentBatches('back')
        .map((batch) => (batch.computeInputUs + batch.computeInferUs + batch.computeOutputUs) / 1000),
    );
    await back.stop();
    rounds.push({ aloneP99Ms, besideP99Ms, longestBatchMs });
  }
  await close();
  const rise = median(
    rounds.map(({ aloneP99Ms, besideP99Ms, longestBatchMs }) => (besideP99Ms - aloneP99Ms) / longestBatchMs),
  );
  return { shares: busy.map((one) => one / all), deviation: worstDeviation(busy), rounds, rise };
}

/** Keeps so many requests on their way to one model until it is stopped. */
class Saturation {
  readonly #clients: readonly Promise<void>[];
  #isOver = false;

  constructor(engine: Engine, model: string, clients: number) {
    this.#clients = Array.from({ length: clients }, async (_, i) => {
      while (!this.#isOver) await engine.registry.infer(requestOf(model, i));
    });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }
}

/** Poisson arrivals at the foreground model. @returns latencies from the intended start, milliseconds */
async function openLoop(engine: Engine, ratePerMs: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  const answers: Promise<void>[] = [];
  const began = performance.now();
  let atMs = began;
  for (let i = 0; atMs - began < ROUND_MS; i++) {
    atMs += -Math.log(1 - Math.random()) / ratePerMs;
    const intended = atMs;
    const early = intended - performance.now();
    if (early > 0) await pause(early);
    answers.push(
      engine.registry.infer(requestOf('front', i)).then(() => {
        latencies.push(performance.now() - intended);
      }),
    );
  }
  await Promise.all(answers);
  return latencies;
}

async function singleRunMs(engine: Engine): Promise<number> {
  for (let i = 0; i < 50; i++) await engine.registry.infer(requestOf('front', i));
  return (engine.registry.served('front', null).singleRunUs ?? Number.NaN) / 1000;
}

function busyUs(engine: Engine, model: string): number {
  const shares = engine.registry.deviceUse().get('cpu')?.shares ?? [];
  return shares.find((share) => share.model === model)?.busyUs ?? 0;
}

const requestOf = (model: string, seed: number): InferenceRequest => ({ ...demoRequest(seed), model });
