import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder';
import type { CurveKey } from './curve-key';
import { CurveStore, type KeptCurve } from './curve-store';

const KEY: CurveKey = {
  device: 'cpu, a CPU',
  provider: 'cpu',
  runtime: '1.30',
  threads: 2,
  session: '{}',
  inputs: 'x FP32[-1,4]',
};
const curveOf = (key: CurveKey, meanUs = 100): KeptCurve => ({
  key,
  measuredAtMs: 1,
  points: [{ rows: 1, meanUs, lowUs: meanUs, highUs: meanUs, runs: 9 }],
});
const DIGEST = 'a'.repeat(64);

let folder: TemporaryFolder;
let store: CurveStore;
beforeEach(() => {
  folder = temporaryFolder();
  store = new CurveStore(folder.path);
});
afterEach(() => folder.remove());

describe('kept cost curves', () => {
  it('come back by model and key, the last that was saved', async () => {
    expect(await store.find(DIGEST, KEY)).toEqual({ curve: null, why: null });
    const other = { ...KEY, threads: 4 };
    await Promise.all([
      store.save(DIGEST, curveOf(KEY)),
      store.save(DIGEST, curveOf(other, 50)),
      store.save(DIGEST, curveOf(KEY, 120)),
    ]);
    expect(await store.find(DIGEST, KEY)).toEqual({ curve: curveOf(KEY, 120) });
    expect(await store.find(DIGEST, other)).toEqual({ curve: curveOf(other, 50) });
    expect(await store.find('b'.repeat(64), KEY)).toEqual({ curve: null, why: null });
    expect(readdirSync(join(folder.path, 'cost-curves'))).toEqual([`${DIGEST}.json`]);
  });

  it('are not taken for another device, provider, runtime, thread count or shape, and it is said which', async () => {
    await store.save(DIGEST, curveOf(KEY));
    const now = { ...KEY, device: 'gpu:0, a GPU', threads: 1 };
    expect(await store.find(DIGEST, now)).toEqual({
      curve: null,
      why: 'it was measured with device cpu, a CPU, now gpu:0, a GPU; threads 2, now 1',
    });
    for (const part of ['device', 'provider', 'runtime', 'session', 'inputs'] as const)
      expect((await store.find(DIGEST, { ...KEY, [part]: 'other' })).curve).toBeNull();
  });

  it.each([
    ['half a file', '{"version":1,"cur', /^the kept curve cannot be read: .*JSON/],
    ['another version', '{"version":2,"curves":[]}', /version: /],
    [
      'a time that is no number',
      JSON.stringify({ version: 1, curves: [{ ...curveOf(KEY), measuredAtMs: 'x' }] }),
      /curves\.0\.measuredAtMs: /,
    ],
    ['a huge file', ' '.repeat(5 * 1024 * 1024), /it has 5242880 bytes, at most 4194304 are read/],
  ])('are measured again after %s, which the next save replaces', async (_what, text, why) => {
    mkdirSync(join(folder.path, 'cost-curves'));
    writeFileSync(join(folder.path, 'cost-curves', `${DIGEST}.json`), text);
    expect(await store.find(DIGEST, KEY)).toEqual({ curve: null, why: expect.stringMatching(why) });
    await store.save(DIGEST, curveOf(KEY));
    expect(await store.find(DIGEST, KEY)).toEqual({ curve: curveOf(KEY) });
  });

  it('of one model are sixteen at most: the oldest give way', async () => {
    for (let threads = 1; threads <= 20; threads++) await store.save(DIGEST, curveOf({ ...KEY, threads }));
    expect((await store.find(DIGEST, { ...KEY, threads: 4 })).curve).toBeNull();
    expect((await store.find(DIGEST, { ...KEY, threads: 5 })).curve).not.toBeNull();
  });
});
