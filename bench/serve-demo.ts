import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseEngineOptions } from '../engine/config';
import type { LoadTestExecutor } from '../engine/contract';
import { createEngine, type Engine } from '../engine/engine';
import { type LoadGenerator, type LoadSnapshot, startLoadGenerator } from '../engine/loadtest';
import { DEMO_PATH } from './demo-mlp';

/** A whole engine with its doors open on free ports, serving the demo MLP from a folder of its own. */
export async function startEngine(
  more: {
    readonly rendererPath?: string;
    readonly argv?: readonly string[];
    readonly models?: readonly string[];
    /** The demo MLP under these names, instead. */
    readonly copies?: readonly string[];
  } = {},
): Promise<{ readonly engine: Engine; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
  const repository = join(folder, 'repository');
  await mkdir(repository);
  const starters = dirname(dirname(dirname(DEMO_PATH)));
  for (const name of more.models ?? (more.copies ? [] : ['demo-mlp']))
    await cp(join(starters, name), join(repository, name), { recursive: true });
  for (const name of more.copies ?? [])
    await cp(join(starters, 'demo-mlp', '1'), join(repository, name, '1'), { recursive: true });
  const parsed = parseEngineOptions({
    argv: [
      '--port',
      '0',
      '--repository',
      repository,
      '--data-dir',
      join(folder, 'data'),
      '--log-level',
      'warn',
      ...(more.argv ?? []),
    ],
    env: {},
    defaults: { rendererPath: more.rendererPath ?? null },
  });
  if (!('options' in parsed)) throw new Error('no options');
  const engine = createEngine(parsed.options);
  await engine.start();
  return {
    engine,
    close: async () => {
      await engine.stop('the benchmark is over');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a benchmark asks a model for, from the load test's own thread. */
export interface Load {
  readonly model: string;
  readonly executor: LoadTestExecutor;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly dynamicDims?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Binary one-row requests through the HTTP door. */
export function loadModel(engine: Engine, load: Load): Promise<LoadSnapshot> {
  return startLoad(engine, load).finished;
}

/** The same, for a caller that does something meanwhile. */
export function startLoad(engine: Engine, load: Load): LoadGenerator {
  const door = engine.status.http;
  if (!door) throw new Error('the HTTP door is not open');
  const { model, dynamicDims = {}, ...times } = load;
  const { inputs, batchable } = engine.registry.summary(model);
  return startLoadGenerator({
    host: door.host,
    port: door.port,
    path: `/v2/models/${model}/infer`,
    ...times,
    requestTimeoutMs: 30_000,
    seed: 1,
    beatMs: 500,
    requests: { kind: 'model', inputs, batchable, rowsPerRequest: 1, encoding: 'binary', dynamicDims },
  });
}

export function countersOf(engine: Engine, model: string) {
  const found = engine.registry.counters().find(({ name }) => name === model);
  if (!found) throw new Error(`${model} has no counters`);
  return found;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Switches a model to auto and lets one client ask it until its cost curve is measured. */
export async function measureCurve(
  engine: Engine,
  model: string,
  { maxBatchSize, dynamicDims }: { readonly maxBatchSize: number } & Pick<Load, 'dynamicDims'>,
): Promise<void> {
  await engine.registry.updateSettings(model, { batching: 'auto', maxBatchSize }, false);
  const executor = { kind: 'closed', clients: 1 } as const;
  for (let i = 0; i < 60 && engine.registry.summary(model).auto?.phase === 'measuring'; i++)
    await loadModel(engine, { model, executor, dynamicDims, warmupMs: 0, durationMs: 500 });
}

/** The same, to the demo MLP. */
export function loadDemo(
  engine: Engine,
  executor: LoadTestExecutor,
  times: { readonly warmupMs: number; readonly durationMs: number },
): Promise<LoadSnapshot> {
  return loadModel(engine, { model: 'demo-mlp', executor, ...times });
}
