import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions, workerData } from 'node:worker_threads';

/**
 * Starts a worker thread by the name of its built file. In a build every worker lies beside the bundle that starts it;
 * run from source (tests, benchmarks) the TypeScript entry is loaded through tsx, because `execArgv: ['--import', 'tsx']`
 * does not reach worker threads on Node 20.
 *
 * @param name built file without ".js", e.g. "instance-worker"
 * @param source URL of the TypeScript entry, e.g. new URL('./worker/instance-worker.ts', import.meta.url)
 */
export function workerEntry(name: string, source: URL, options: WorkerOptions = {}): Worker {
  const built = new URL(`./${name}.js`, import.meta.url);
  if (existsSync(fileURLToPath(built))) return new Worker(built, options);
  return new Worker(new URL('./worker-boot.mjs', import.meta.url), {
    ...options,
    workerData: { bootUrl: source.href, data: options.workerData },
  });
}

/**
 * Inside a worker thread: the `workerData` its starter gave to `workerEntry`, whether the thread runs from the build or
 * from source. The caller names the type; both ends of one worker share it.
 */
export function workerDataOf<T>(): T {
  const given = workerData as { readonly bootUrl?: string; readonly data?: unknown } | null;
  return (given?.bootUrl === undefined ? given : given.data) as T;
}
