import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { JsonFile } from './json-file';
import { RotatedFile } from './rotated-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-shell-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, 'logs', name), 'utf8');

it('starts a new log file at the size limit and keeps so many old ones', () => {
  const file = new RotatedFile({ path: join(folder, 'logs', 'e.log'), maxBytes: 10, keep: 2 });
  for (const text of ['aaaaaaaa', 'bbbbbbbb', 'cc', 'dddddddd', 'eeeeeeee']) file.append(text);
  expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['e.log', 'e.log.1', 'e.log.2']);
  expect([read('e.log'), read('e.log.1'), read('e.log.2')]).toEqual(['eeeeeeee', 'dddddddd', 'bbbbbbbbcc']);
});

it('goes on with the file of the last run', () => {
  const options = { path: join(folder, 'logs', 'e.log'), maxBytes: 10, keep: 1 };
  new RotatedFile(options).append('aaaaaa');
  new RotatedFile(options).append('bbbbbb');
  expect([read('e.log'), read('e.log.1')]).toEqual(['bbbbbb', 'aaaaaa']);
});

it('loses the log, not the app, where nothing can be written', () => {
  writeFileSync(join(folder, 'logs'), 'a file where a folder should be');
  const file = new RotatedFile({ path: join(folder, 'logs', 'e.log'), maxBytes: 10, keep: 1 });
  expect(() => file.append('a')).not.toThrow();
});

it('reads back a record as written, and a damaged or foreign one as none', () => {
  const path = join(folder, 'deep', 'r.json');
  const file = new JsonFile(path, z.object({ isOn: z.boolean() }));
  expect(file.read()).toBeNull();
  file.write({ isOn: true });
  expect(file.read()).toEqual({ isOn: true });
  for (const damage of ['{"isOn":tr', '{"isOn":1}', '']) {
    writeFileSync(path, damage);
    expect(file.read()).toBeNull();
  }
});
