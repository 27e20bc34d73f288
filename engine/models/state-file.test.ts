import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../base';
import type { LogEntry } from '../contract';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { loadState, saveState } from './state-file';

let folder: TemporaryFolder;
let logged: LogEntry[];
beforeEach(() => {
  folder = temporaryFolder();
  logged = [];
});
afterEach(() => folder.remove());
const load = () =>
  loadState(
    folder.path,
    createLogger(
      (entry) => logged.push(entry),
      () => 0,
    ),
  );

describe('the state of the last run', () => {
  it('comes back as it was saved, the last of several calls winning', async () => {
    await Promise.all([
      saveState(folder.path, { loaded: ['a'] }),
      saveState(folder.path, { loaded: ['a', 'b'] }),
      saveState(folder.path, { loaded: ['b'] }),
    ]);
    expect(await load()).toEqual({ loaded: ['b'] });
    expect(readdirSync(folder.path)).toEqual(['state.json']);
  });

  it('is unknown at the first start, without a word', async () => {
    expect(await load()).toBeNull();
    expect(logged).toEqual([]);
  });

  it.each(['', '{', '[]', '{"loaded":[1]}', '{"loaded":["../x"]}'])(
    'is unknown when the file holds %j, with a warning',
    async (text) => {
      folder.write({ 'state.json': text });
      expect(await load()).toBeNull();
      expect(logged.map((entry) => entry.level)).toEqual(['warn']);
    },
  );

  it('makes the folder when it is not there', async () => {
    await saveState(join(folder.path, 'new/data'), { loaded: [] });
    expect(JSON.parse(readFileSync(join(folder.path, 'new/data/state.json'), 'utf8'))).toEqual({
      loaded: [],
    });
  });
});
