import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, type Logger } from '../base';
import type { LoadTestRun, LoadTestRunSummary } from '../contract';
import { isOver, runSchema, summaryOf } from './run-record';

/** Runs kept on disk. */
const MAX_RUNS = 200;
const EXTENSION = '.json';
const CUT_OFF = 'the engine stopped while this run was going on; what is shown was measured until then';

/** Load test runs as files `<folder>/<id>.json`, the newest 200. Ids sort by their start. */
export interface RunStore {
  /** Newest first. Files that cannot be read are skipped, with a line in the log. */
  list(): Promise<readonly LoadTestRunSummary[]>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<LoadTestRun>;
  /** Replaces the file of the run as a whole: a crash leaves the old one or the new one. Calls take effect in order. */
  save(run: LoadTestRun): Promise<void>;
  /** Throws NOT_FOUND. */
  delete(id: string): Promise<void>;
}

export function createRunStore(folder: string, logger: Logger): RunStore {
  /** Every kept run's summary; read from disk once, then kept in step. */
  let index: Promise<Map<string, LoadTestRunSummary>> | null = null;
  let lastWrite: Promise<unknown> = Promise.resolve();
  const fileOf = (id: string) => join(folder, `${id}${EXTENSION}`);

  const summaries = () => {
    index ??= readAll(folder, logger);
    return index;
  };

  /** One change of the folder at a time. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = lastWrite.then(change, change);
    lastWrite = done.catch(() => undefined);
    return done;
  };

  const prune = async (kept: Map<string, LoadTestRunSummary>) => {
    const ids = [...kept.keys()].sort();
    for (const id of ids.slice(0, Math.max(0, ids.length - MAX_RUNS))) {
      kept.delete(id);
      await rm(fileOf(id), { force: true });
    }
  };

  return {
    list: async () => [...(await summaries()).values()].sort((a, b) => (a.id < b.id ? 1 : -1)),
    get: async (id) => {
      const known = (await summaries()).has(id);
      const run = known ? await readRun(fileOf(id), logger) : null;
      if (!run) throw notFound(id);
      return run;
    },
    save: (run) =>
      inTurn(async () => {
        const kept = await summaries();
        await mkdir(folder, { recursive: true });
        const temporary = `${fileOf(run.id)}.tmp`;
        await writeFile(temporary, `${JSON.stringify(run)}\n`);
        await rename(temporary, fileOf(run.id));
        kept.set(run.id, summaryOf(run));
        await prune(kept);
      }),
    delete: (id) =>
      inTurn(async () => {
        if (!(await summaries()).delete(id)) throw notFound(id);
        await rm(fileOf(id), { force: true });
      }),
  };
}

const notFound = (id: string) => new EngineError('NOT_FOUND', `load test run "${id}" is not kept here`);

async function readAll(folder: string, logger: Logger): Promise<Map<string, LoadTestRunSummary>> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const kept = new Map<string, LoadTestRunSummary>();
  for (const name of names.sort()) {
    if (!name.endsWith(EXTENSION)) continue;
    const run = await readRun(join(folder, name), logger);
    if (run && `${run.id}${EXTENSION}` === name) kept.set(run.id, summaryOf(run));
  }
  return kept;
}

/** A run from its file; null (and a line in the log) when it cannot be read. */
async function readRun(file: string, logger: Logger): Promise<LoadTestRun | null> {
  try {
    const run = runSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    // Whoever asks for a run on disk that is not over asks after a crash: the runner answers for the one that goes on.
    return isOver(run) ? run : { ...run, state: 'failed', error: CUT_OFF };
  } catch (error) {
    logger.warn('skipped a load test run that cannot be read', { file, reason: firstLine(error) });
    return null;
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
