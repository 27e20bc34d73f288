import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface CliAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON; throws when it is not exactly one document. */
  json<T = unknown>(): T;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Called when the process is there. */
  readonly started?: (child: ChildProcessByStdio<null, Readable, Readable>) => void;
}

export type RunCli = (argv: readonly string[], options?: CliOptions) => Promise<CliAnswer>;

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Bundles the command line into `folder`, as the build does: from source each of its many starts would take over a second. What is
 * returned runs `ferry` as a process of its own, with nothing of this environment's variables.
 */
export async function buildCli(folder: string): Promise<RunCli> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'node20',
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: {
        external: ['onnxruntime-node'],
        input: {
          cli: source('../main.ts'),
          'load-worker': source('../loadtest/worker/load-worker.ts'),
          'timer-worker': source('../base/timer-worker.ts'),
        },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: '[name]-[hash].js',
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [
              { name: 'models', test: /[\\/]engine[\\/](models|batching|metrics|devices|instances)[\\/]/ },
            ],
          },
        },
      },
    },
  });
  return (argv, options = {}) => run(join(folder, 'cli.js'), argv, options);
}

async function run(file: string, argv: readonly string[], options: CliOptions): Promise<CliAnswer> {
  const child = spawn(process.execPath, [file, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  options.started?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}
