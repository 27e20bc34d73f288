import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PeerMissing, pythonOf } from './python-tools';
import type { PeerModel } from './repositories';

const HERE = dirname(fileURLToPath(import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const LOOK_EVERY_MS = 100;

/** Where JSON goes, and what. */
export interface JsonTarget {
  readonly url: string;
  readonly body: string;
  stop(): Promise<void>;
}

/** What a framework gets to serve. `folder` is empty and its own. */
export interface FrameworkSpec {
  readonly model: PeerModel;
  readonly modelPath: string;
  readonly folder: string;
}

interface Framework {
  readonly env: 'frameworks' | 'mlserver' | 'bentoml';
  readonly path: (model: PeerModel) => string;
  readonly body: (model: PeerModel) => string;
  /** Program in the environment's folder of programs, and its arguments. */
  readonly command: (spec: FrameworkSpec, port: number) => Promise<readonly string[]> | readonly string[];
}

/** One row, the same for all: four digits a value. */
export function rowOf({ row }: PeerModel): number[] {
  return Array.from({ length: row }, (_, i) => Number(Math.abs(Math.sin(i + 1)).toFixed(4)));
}

export function v2Body(model: PeerModel): string {
  const tensor = { name: model.input, datatype: 'FP32', shape: [1, model.row], data: rowOf(model) };
  return JSON.stringify({ inputs: [tensor] });
}

const script = (name: string): string => join(HERE, name);

/** Each serves the model by one session with one thread; those that batch do it up to 16 and wait 1 ms. */
export const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  mlserver: {
    env: 'mlserver',
    path: ({ name }) => `/v2/models/${name}/infer`,
    body: v2Body,
    command: mlserver,
  },
  mosec: {
    env: 'frameworks',
    path: () => '/inference',
    body: v2Body,
    command: (_, port) => [
      'python',
      script('serve_mosec.py'),
      ...['--address', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
    ],
  },
  fastapi: {
    env: 'frameworks',
    path: () => '/infer',
    body: v2Body,
    command: (_, port) => [
      'uvicorn',
      ...['serve_fastapi:app', '--host', '127.0.0.1', '--port', String(port), '--log-level', 'warning'],
    ],
  },
  litserve: {
    env: 'frameworks',
    path: () => '/infer',
    body: v2Body,
    command: () => ['python', script('serve_litserve.py')],
  },
  bentoml: {
    env: 'bentoml',
    path: () => '/infer',
    body: (model) => JSON.stringify({ x: [rowOf(model)] }),
    command: (_, port) => [
      'bentoml',
      ...['serve', 'serve_bento:Infer', '--host', '127.0.0.1', '--port', String(port), '--quiet'],
    ],
  },
};

async function mlserver({ model, modelPath, folder }: FrameworkSpec, port: number) {
  const at = join(folder, model.name);
  mkdirSync(at);
  const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [-1, model.row] });
  const settings = {
    name: model.name,
    implementation: 'mlserver_model.Onnx',
    max_batch_size: 16,
    max_batch_time: 0.001,
    parameters: { uri: modelPath, version: '1' },
    inputs: [tensor(model.input)],
    outputs: [tensor(model.output)],
  };
  writeFileSync(join(at, 'model-settings.json'), JSON.stringify(settings));
  const [grpc_port, metrics_port] = [await freePort(), await freePort()];
  const doors = { host: '127.0.0.1', http_port: port, grpc_port, metrics_port };
  const server = { ...doors, parallel_workers: 0, debug: false };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(server));
  return ['mlserver', 'start', folder];
}

/** Starts it and waits until it answers the body it will be measured with. Errors: PeerMissing when it cannot be had here. */
export async function startFramework(name: string, spec: FrameworkSpec): Promise<JsonTarget> {
  const framework = FRAMEWORKS[name];
  if (framework === undefined) throw new Error(`no framework is called "${name}"`);
  const { python } = await pythonOf(framework.env);
  const port = await freePort();
  const programs = dirname(python);
  const [program = '', ...args] = await framework.command(spec, port);
  const log = join(spec.folder, 'out.log');
  const output = openSync(log, 'a');
  // A group of its own: several of them start processes, which end with it.
  const child = spawn(join(programs, program), args, {
    cwd: HERE,
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      PATH: `${programs}${delimiter}${process.env.PATH}`,
      PYTHONPATH: HERE,
      PYTHONDONTWRITEBYTECODE: '1',
      PORT: String(port),
      MODEL_PATH: spec.modelPath,
      BENTOML_DO_NOT_TRACK: 'true',
      BENTOML_HOME: spec.folder,
    },
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    signal(child.pid, 'SIGTERM');
    await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    signal(child.pid, 'SIGKILL');
    await ended;
  };
  const target = {
    url: `http://127.0.0.1:${port}${framework.path(spec.model)}`,
    body: framework.body(spec.model),
  };
  try {
    await untilAnswered(target, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw new PeerMissing(
      `${name} does not serve here: ${(error as Error).message}\n${readFileSync(log, 'utf8').slice(-2_000)}`,
    );
  }
  return { ...target, stop };
}

function signal(group: number | undefined, name: NodeJS.Signals): void {
  try {
    if (group !== undefined) process.kill(-group, name);
  } catch {
    // All of the group have ended.
  }
}

async function untilAnswered(target: Omit<JsonTarget, 'stop'>, hasEnded: () => boolean): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  let reason = 'no answer';
  while (performance.now() < end) {
    if (hasEnded()) throw new Error('it ended');
    try {
      await answerOf(target);
      return;
    } catch (error) {
      reason = (error as Error).message;
    }
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`${reason} within ${START_TIMEOUT_MS / 1000} s`);
}

/** The numbers that come back, whatever the form around them. */
export async function answerOf({ url, body }: Omit<JsonTarget, 'stop'>): Promise<number[]> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, 200)}`);
  const answer = JSON.parse(text) as { outputs?: { data: number[] }[] } | number[][];
  return (Array.isArray(answer) ? answer[0] : answer.outputs?.[0]?.data) ?? [];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
