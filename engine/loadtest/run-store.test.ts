import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, silentLogger } from '../base';
import type { LoadTestRun, LogEntry } from '../contract';
import { newRun } from './run-record';
import { createRunStore } from './run-store';
import { parseScenario } from './scenario';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'ferry-runs-')), 'load-tests');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const runOf = (id: string, change: Partial<LoadTestRun> = {}): LoadTestRun => ({
  ...newRun(
    id,
    parseScenario({ model: 'demo', executor: { kind: 'closed', clients: 1 } }),
    1_700_000_000_000,
    'batching on',
  ),
  state: 'finished',
  finishedAtMs: 1_700_000_020_000,
  points: [
    { atMs: 0, offeredPerSecond: 1, succeededPerSecond: 1, errorsPerSecond: 0, p50Ms: 1, p99Ms: null },
  ],
  ...change,
});

describe('kept runs', () => {
  it('come back as they were saved, after a restart too', async () => {
    const run = runOf('a-1', {
      counts: { offered: 3, sent: 3, succeeded: 2, dropped: 0, errors: { 'HTTP 503 QUEUE_FULL': 1 } },
    });
    const store = createRunStore(folder, silentLogger);
    await store.save(run);
    for (const each of [store, createRunStore(folder, silentLogger)]) {
      expect(await each.get('a-1')).toEqual(run);
      const { points: _, ...summary } = run;
      expect(await each.list()).toEqual([summary]);
    }
  });

  it('are listed newest first', async () => {
    const store = createRunStore(folder, silentLogger);
    for (const id of ['20260102-000000-000-aaaa', '20260101-235959-000-bbbb', '20260103-000000-000-cccc'])
      await store.save(runOf(id));
    expect((await store.list()).map(({ id }) => id.slice(0, 8))).toEqual([
      '20260103',
      '20260102',
      '20260101',
    ]);
  });

  it('are the newest 200: older ones go, on disk too', async () => {
    const store = createRunStore(folder, silentLogger);
    const ids = Array.from({ length: 203 }, (_, i) => `run-${String(i).padStart(4, '0')}`);
    for (const id of ids) await store.save(runOf(id));
    expect((await store.list()).map(({ id }) => id)).toEqual(ids.slice(3).reverse());
    expect((await readdir(folder)).sort()).toEqual(ids.slice(3).map((id) => `${id}.json`));
  });

  it('that were going on when the engine died are failed, with what was measured', async () => {
    await createRunStore(folder, silentLogger).save(
      runOf('cut', { state: 'running', measuredMs: 6_000, finishedAtMs: null }),
    );
    const after = createRunStore(folder, silentLogger);
    expect(await after.get('cut')).toMatchObject({
      state: 'failed',
      measuredMs: 6_000,
      error: expect.stringMatching(/engine stopped/),
    });
    expect((await after.list())[0]).toMatchObject({ id: 'cut', state: 'failed' });
  });

  it('whose file is corrupt are skipped, with a line in the log that names the file', async () => {
    await createRunStore(folder, silentLogger).save(runOf('good'));
    await writeFile(join(folder, 'torn.json'), '{"id":"torn","scen');
    await writeFile(join(folder, 'other.json'), '{"hello":1}');
    await writeFile(join(folder, 'renamed.json'), JSON.stringify(runOf('good')));
    await writeFile(join(folder, 'half.json.tmp'), '{');
    const lines: LogEntry[] = [];
    const store = createRunStore(
      folder,
      createLogger(
        (entry) => lines.push(entry),
        () => 0,
      ),
    );
    expect((await store.list()).map(({ id }) => id)).toEqual(['good']);
    expect(lines.map(({ level, fields }) => [level, String(fields.file).slice(folder.length + 1)])).toEqual([
      ['warn', 'other.json'],
      ['warn', 'torn.json'],
    ]);
  });

  it('that are deleted are gone, and what is not there cannot be read or deleted', async () => {
    const store = createRunStore(folder, silentLogger);
    await store.save(runOf('a'));
    await store.delete('a');
    expect(await readdir(folder)).toEqual([]);
    await expect(store.get('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(store.get('../../etc/passwd')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are none where no folder is', async () => {
    expect(await createRunStore(folder, silentLogger).list()).toEqual([]);
  });

  it('saved many times at once end as the last one', async () => {
    const store = createRunStore(folder, silentLogger);
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.save(runOf('a', { measuredMs: i }))));
    expect((await store.get('a')).measuredMs).toBe(19);
    expect(await readdir(folder)).toEqual(['a.json']);
  });
});
