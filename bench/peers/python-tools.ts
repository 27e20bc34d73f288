import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Python {
  readonly python?: string;
  readonly folder?: string;
  readonly reason?: string;
}

/** One of the environments that set-up makes (scripts/setup/python-envs.mjs); throws an error that says why there is none. */
export async function pythonOf(
  name: 'clients' | 'perf' | 'triton' | 'mlserver' | 'frameworks' | 'bentoml',
): Promise<Required<Omit<Python, 'reason'>>> {
  const script = join(ROOT, 'scripts/setup/python.mjs');
  const { preparePython } = (await import(script)) as { preparePython(name: string): Promise<Python> };
  const { python, folder, reason } = await preparePython(name);
  if (python === undefined || folder === undefined) throw new PeerMissing(`${name}: ${reason}`);
  return { python, folder };
}

/** A peer or a tool cannot be had on this machine. */
export class PeerMissing extends Error {}

export interface RunningPeer {
  readonly http: string;
  readonly grpc: string;
  stop(): Promise<void>;
}

/** Ferry as it is built, or Triton, over a repository. */
export async function startPeer(name: 'ferry' | 'triton', repository: string): Promise<RunningPeer> {
  const clients = await pythonOf('clients');
  const triton = name === 'triton' ? (await pythonOf('triton')).python : undefined;
  if (!existsSync(join(ROOT, 'out/main/cli.js'))) throw new Error('not built: run `npm run build` first');
  const child = spawn(clients.python, [join(ROOT, 'bench/peers/serve.py'), name, repository], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, FERRY_NODE: process.execPath, TRITON_PYTHON: triton },
  });
  const { http, grpc, reason } = await firstLine(child);
  if (http === undefined || grpc === undefined) throw new PeerMissing(`${name}: ${reason}`);
  const stop = async () => {
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  };
  return { http, grpc, stop };
}

async function firstLine(child: ChildProcess): Promise<Record<string, string | undefined>> {
  if (!child.stdout) throw new Error('the peer has no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new PeerMissing('the peer ended before it listened');
}

export interface Measured {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** One run of the real perf_analyzer. */
export async function perfAnalyzer(
  address: string,
  args: readonly string[],
  windowMs: number,
): Promise<Measured> {
  const { folder } = await pythonOf('perf');
  const site = execFileSync('sh', [
    '-c',
    `echo "${folder}"/lib/python3*/site-packages/nvidia/cuda_runtime/lib`,
  ]);
  const command = [...args, '-u', address, '-p', String(windowMs), '-r', '4', '-s', '999', '-b', '1'];
  const text = await textOf(join(folder, 'bin/perf_analyzer'), command, {
    LD_LIBRARY_PATH: String(site).trim(),
  });
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`perf_analyzer printed no ${pattern}:\n${text}`);
    return Number(found);
  };
  return {
    perSecond: number(/Throughput: ([\d.]+) infer\/sec/),
    p50Us: number(/p50 latency: (\d+) usec/),
    p99Us: number(/p99 latency: (\d+) usec/),
  };
}

async function textOf(file: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      text += piece;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`perf_analyzer ended with ${code}:\n${text}`);
  return text;
}
