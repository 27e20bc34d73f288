import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import { identityModel } from '../testing/onnx-writer';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { planChanges } from './plan-changes';
import { type ScannedModel, scanRepository } from './repository';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const model = identityModel([{ datatype: 'FP32', shape: ['batch', 3] }]);
const scan = (previous: readonly ScannedModel[] = []) =>
  scanRepository(folder.path, { cpuBudget: 4, previous });

describe('a scan', () => {
  it('finds every model, with its definition or why there is none, and passes over the rest', async () => {
    folder.write({
      'b/1/model.onnx': model,
      'a/config.pbtxt': 'max_batch_size: x',
      '.hidden/1/model.onnx': model,
      'readme.txt': '',
      'bad name/1/model.onnx': model,
    });
    mkdirSync(join(folder.path, 'empty'));
    const passedOver: string[] = [];
    const found = await scanRepository(folder.path, {
      cpuBudget: 4,
      onPassedOver: (name) => passedOver.push(name),
    });
    expect(
      found.map(({ name, definition, error }) => [name, definition?.name ?? null, error?.code ?? null]),
    ).toEqual([
      ['a', null, 'MODEL_INVALID'],
      ['b', 'b', null],
      ['empty', null, 'MODEL_INVALID'],
    ]);
    expect(passedOver).toEqual(['bad name']);
  });

  it('does not read again what has not changed', async () => {
    folder.write({ 'a/1/model.onnx': model, 'b/1/model.onnx': 'broken' });
    const first = await scan();
    const second = await scan(first);
    expect(second[0]).toBe(first[0]);
    expect(second[1]).toBe(first[1]);
    folder.write({ 'b/1/model.onnx': model });
    expect((await scan(second))[1]?.definition?.name).toBe('b');
  });

  it('says so when the repository is not there', async () => {
    await expect(scanRepository(join(folder.path, 'none'), { cpuBudget: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('changes between two scans', () => {
  it('are none when nothing changed', async () => {
    folder.write({ 'a/1/model.onnx': model, 'b/1/model.onnx': 'broken' });
    expect(planChanges(await scan(), await scan())).toEqual({ added: [], removed: [], modified: [] });
  });

  it('tell settings from all that needs loading anew', async () => {
    folder.write({ 'a/1/model.onnx': model });
    const kindAfter = async (change: Record<string, string | Uint8Array>): Promise<string | undefined> => {
      const before = await scan();
      folder.write(change);
      return planChanges(before, await scan()).modified[0]?.kind;
    };
    expect(await kindAfter({ 'a/config.pbtxt': 'max_batch_size: 4' })).toBe('config');
    expect(
      await kindAfter({
        'a/config.pbtxt':
          'max_batch_size: 4 instance_group { count: 2 } parameters { key: "intra_op_thread_count" value { string_value: "9" } }',
      }),
    ).toBe('config');
    expect(await kindAfter({ 'a/2/model.onnx': model })).toBe('files');
    expect(await kindAfter({ 'a/config.pbtxt': 'version_policy { all { } }' })).toBe('files');
    expect(await kindAfter({ 'a/config.pbtxt': 'nonsense: 1' })).toBe('files');
    expect(await kindAfter({ 'a/config.pbtxt': '' })).toBe('files');
  });

  it('find a folder that went and one that came', async () => {
    folder.write({ 'a/1/model.onnx': model, 'b/1/model.onnx': model });
    const before = await scan();
    rmSync(join(folder.path, 'a'), { recursive: true });
    folder.write({ 'c/1/model.onnx': model });
    const changes = planChanges(before, await scan());
    expect(changes.added.map(({ name }) => name)).toEqual(['c']);
    expect(changes.removed).toEqual(['a']);
    expect(changes.modified).toEqual([]);
  });

  it('applied to the first scan give the second', () => {
    const scanned = fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), message: fc.constantFrom('x', 'y') }),
      { selector: ({ name }) => name },
    );
    const models = scanned.map((entries) =>
      entries.map(
        ({ name, message }): ScannedModel => ({
          name,
          definition: null,
          error: new EngineError('MODEL_INVALID', message),
        }),
      ),
    );
    fc.assert(
      fc.property(models, models, (before, after) => {
        const { added, removed, modified } = planChanges(before, after);
        const applied = new Map(before.map((entry) => [entry.name, entry.error?.message]));
        for (const name of removed) expect(applied.delete(name)).toBe(true);
        for (const entry of added) {
          expect(applied.has(entry.name)).toBe(false);
          applied.set(entry.name, entry.error?.message);
        }
        for (const { scanned: entry } of modified) {
          expect(applied.get(entry.name)).not.toBe(entry.error?.message);
          applied.set(entry.name, entry.error?.message);
        }
        expect([...applied].sort()).toEqual(after.map((entry) => [entry.name, entry.error?.message]).sort());
      }),
    );
  });
});
