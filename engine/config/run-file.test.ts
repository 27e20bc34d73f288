import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { type RunFile, readRunFile, removeRunFile, writeRunFile } from './run-file';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const running: RunFile = {
  pid: 42,
  startedAtMs: 1,
  engineVersion: '1.0.0',
  repositoryPath: '/models',
  doors: { http: 'http://127.0.0.1:8000', control: 'http://127.0.0.1:8003' },
  controlToken: 'a-token-of-the-test',
};

describe('the run file', () => {
  test('comes back as it was written, in a folder that it makes, and leaves nothing else there', async () => {
    const path = join(folder.path, 'data');
    await writeRunFile(path, running);
    await writeRunFile(path, { ...running, pid: 43 });
    expect(await readRunFile(path)).toEqual({ ...running, pid: 43 });
    expect(readdirSync(path)).toEqual(['engine.json']);
  });

  test.skipIf(process.platform === 'win32')('can be read by its owner alone', async () => {
    await writeRunFile(folder.path, running);
    expect(statSync(join(folder.path, 'engine.json')).mode & 0o777).toBe(0o600);
  });

  test('is removed by the engine that wrote it, not by one that it replaced', async () => {
    await writeRunFile(folder.path, running);
    await removeRunFile(folder.path, 41);
    expect(await readRunFile(folder.path)).toEqual(running);
    await removeRunFile(folder.path, 42);
    expect(await readRunFile(folder.path)).toBeNull();
    await removeRunFile(folder.path, 42);
  });

  test.each(['', '{', 'null', '{}', JSON.stringify({ ...running, doors: { http: 'file:///etc/passwd' } })])(
    'that is damaged counts as none: %s',
    async (text) => {
      folder.write({ 'engine.json': text });
      expect(await readRunFile(folder.path)).toBeNull();
    },
  );
});
