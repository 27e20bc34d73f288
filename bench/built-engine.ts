import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ALLOCATOR_ENV } from '../engine/allocator';
import { median } from './benchmark';
import { DEMO_PATH } from './demo-mlp';

const CLI = fileURLToPath(new URL('../out/main/cli.js', import.meta.url));
const START_LIMIT_MS = 60_000;
const SETTLE_MS = 200;
const SETTLE_LIMIT_MS = 60_000;

/** The built engine in a process of its own, which serves copies of a model, the demo MLP unless another is named: for what its whole memory does. */
export class BuiltEngine {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly doors: { readonly http: string; readonly metrics: string },
  ) {}

  /** @param names each is a model with files of its own; nothing is loaded */
  static async start(
    names: readonly string[],
    argv: readonly string[] = [],
    modelPath: string = DEMO_PATH,
  ): Promise<BuiltEngine> {
    if (!existsSync(CLI)) throw new Error('the built engine is missing: run `npm run build`');
    const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
    const repository = join(folder, 'repository');
    await mkdir(repository);
    for (const name of names) {
      // Without a config.pbtxt, which would name another model.
      await mkdir(join(repository, name, '1'), { recursive: true });
      await cp(modelPath, join(repository, name, '1', 'model.onnx'));
    }
    const data = join(folder, 'data');
    const child = spawn(
      process.execPath,
      [CLI, 'serve', '--port', '0', '--repository', repository, '--data-dir', data]
        .concat(['--model-control', 'explicit', '--log-level', 'warn'])
        .concat(argv),
      // As `npm start` does.
      { stdio: ['ignore', 'ignore', 'inherit'], env: { ...ALLOCATOR_ENV, ...process.env } },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    return new BuiltEngine(folder, child, await doorsIn(data));
  }

  /** @param config what to serve it with in place of what its file says */
  load = (name: string, config?: object): Promise<unknown> =>
    this.#post(
      `v2/repository/models/${name}/load`,
      config ? { parameters: { config: JSON.stringify(config) } } : {},
    );

  unload = (name: string): Promise<unknown> => this.#post(`v2/repository/models/${name}/unload`, {});

  /** One row through the HTTP door; the answer's numbers. */
  async infer(name: string, row: readonly number[]): Promise<readonly number[]> {
    const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, row.length], data: row }];
    const answer = await this.#post(`v2/models/${name}/infer`, { inputs });
    return (
      (answer as { readonly outputs: readonly { readonly data: readonly number[] }[] }).outputs[0]?.data ?? []
    );
  }

  /** Names of the models that are in memory. */
  async resident(): Promise<readonly string[]> {
    const index = await this.#post('v2/repository/index', { ready: true });
    return (index as readonly { readonly name: string }[]).map(({ name }) => name);
  }

  /** The sum of a family's series. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.doors.metrics}/metrics`)).text();
    const series = text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Resident bytes once the collector has been there too, which comes a while after the last work: the least of a minute. */
  async settledBytes(): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    for (const until = performance.now() + SETTLE_LIMIT_MS; performance.now() < until; )
      least = Math.min(least, await this.residentBytes());
    return least;
  }

  /** Resident bytes once what was let go is gone: the median of some readings. */
  async residentBytes(): Promise<number> {
    const readings: number[] = [];
    for (let i = 0; i < 5; i++) {
      await pause(SETTLE_MS);
      readings.push(await this.metric('ferry_process_resident_memory_bytes'));
    }
    return median(readings);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.doors.http}/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
    return text === '' ? null : JSON.parse(text);
  }
}

/** Where its doors are, once it serves: from the file that it leaves for its command line. */
async function doorsIn(data: string): Promise<{ readonly http: string; readonly metrics: string }> {
  const file = join(data, 'engine.json');
  for (const until = performance.now() + START_LIMIT_MS; performance.now() < until; await pause(50)) {
    if (!existsSync(file)) continue;
    const { doors } = JSON.parse(readFileSync(file, 'utf8'));
    const answer = await fetch(`${doors.http}/v2/health/ready`).catch(() => null);
    if (answer?.ok) return doors;
  }
  throw new Error(`the engine did not start within ${START_LIMIT_MS / 1000} s`);
}

export const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
