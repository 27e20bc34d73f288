import { existsSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EngineError } from '../base';
import { type ErrorCode, type ModelSettingsPatch, SETTING_LIMITS } from '../contract';
import { linearModel, writeOnnx } from '../testing/onnx-writer';
import { addingModel, fixedBatchModel } from './arithmetic-models';
import { leakedBytes } from './process-state';
import { startEngine, type TestEngine } from './start-engine';
import { addingQuestion, Traffic } from './traffic';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let t: TestEngine;
let good: Traffic;

beforeAll(async () => {
  t = await startEngine({
    models: { 'plus/1/model.onnx': addingModel(['batch', 3]), 'fixed/1/model.onnx': fixedBatchModel() },
    argv: ['--log-level', 'error'],
  });
  good = new Traffic(t.http, [addingQuestion('plus', () => [3])], 2);
});

afterAll(async () => {
  await good.stop();
  await t.close();
  expect(good.faults).toEqual([]);
  expect(good.refusals).toEqual([]);
  expect(good.right).toBeGreaterThan(20);
});

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** How a call was refused, whichever way it went. */
async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (error instanceof EngineError) return { code: error.code, message: error.message };
    if (error instanceof TRPCClientError) {
      return { code: (error.data as { ferryCode: ErrorCode }).ferryCode, message: error.message };
    }
    throw error;
  }
  throw new Error('it was accepted');
}

const weights = Float32Array.from({ length: 12 }, (_, i) => i);
const truncated = (bytes: Uint8Array, length: number): Uint8Array => bytes.subarray(0, length);
/** `y = x` by an operator of a domain, which the file says it needs in that version. */
const ofOpset = (domain: string, version: number): Uint8Array =>
  writeOnnx({
    opsets:
      domain === ''
        ? [{ domain, version }]
        : [
            { domain: '', version: 17 },
            { domain, version },
          ],
    graph: {
      nodes: [{ op: 'Identity', domain, inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', type: 'FLOAT', shape: ['batch', 2] }],
      outputs: [{ name: 'y', type: 'FLOAT', shape: ['batch', 2] }],
    },
  });
const externalAt = (location: string): Uint8Array =>
  writeOnnx({
    graph: {
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [
        {
          name: 'w',
          type: 'FLOAT',
          dims: [4, 3],
          external: [
            ['location', location],
            ['offset', '0'],
            ['length', '48'],
          ],
        },
      ],
      inputs: [{ name: 'x', type: 'FLOAT', shape: ['batch', 4] }],
      outputs: [{ name: 'y', type: 'FLOAT', shape: ['batch', 3] }],
    },
  });

/** Files by name, and what is said of them when they are opened by a console. */
const BAD_FILES: readonly (readonly [title: string, file: string | Uint8Array, says: RegExp])[] = [
  ['a text', 'this is no model\n'.repeat(40), /not an ONNX|ONNX/i],
  ['an empty file', '', /empty|ONNX/i],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /ONNX/i],
  [
    'a file cut in the middle',
    truncated(linearModel(4, 3, weights).file, 60),
    /ends|cut|truncated|incomplete/i,
  ],
  ['an opset of the future', ofOpset('', 999), /opset.*999|999/],
  ['an operator set that nobody knows', ofOpset('com.example.unknown', 1), /com\.example\.unknown|domain/],
  [
    'external data outside the folder',
    externalAt('../secret.bin'),
    /\.\.\/secret\.bin.*(outside|folder)|outside/,
  ],
  ['external data at an absolute path', externalAt('/etc/passwd'), /\/etc\/passwd/],
  ['external data that is missing', externalAt('weights.bin'), /weights\.bin/],
];

describe('a file that cannot be served', () => {
  test.each(BAD_FILES)(
    'is refused with its reason, and nothing of it stays: %s',
    async (title, file, says) => {
      const path = t.folder.write({ [`incoming/${title.replaceAll(' ', '-')}.onnx`]: file });
      const before = t.engine.registry.summaries().map(({ name }) => name);
      const refusal = await refusalOf(t.control.calls.importModel.mutate({ path, name: 'bad' }));
      expect(refusal.code).toBe('MODEL_INVALID');
      expect(refusal.message).toMatch(says);
      // It may be found out when the file is read, or when it is loaded; then it lies in the repository and says why.
      const after = t.engine.registry.summaries();
      const kept = after.find(({ name }) => name === 'bad');
      if (kept) {
        expect(kept).toMatchObject({ state: 'unavailable', reason: expect.stringMatching(says) });
        await t.control.calls.removeModel.mutate({ name: 'bad' });
      }
      expect(t.engine.registry.summaries().map(({ name }) => name)).toEqual(before);
      expect(
        readdirSync(t.repositoryPath)
          .filter((name) => name !== '.keep')
          .sort(),
      ).toEqual(['fixed', 'plus']);
    },
  );

  test('lies in the repository with its reason and keeps nobody else from serving', async () => {
    t.write({
      'broken/1/model.onnx': 'not a model',
      'empty/notes.txt': 'no versions here',
      'odd/v1/model.onnx': addingModel(['batch', 2]),
      'escaping/1/model.onnx': externalAt('../../plus/1/model.onnx'),
      'typo/1/model.onnx': addingModel(['batch', 2]),
      'typo/config.pbtxt': 'max_batch_sise: 4',
      'limits/1/model.onnx': addingModel(['batch', 2]),
      'limits/config.pbtxt': 'max_batch_size: 100000',
      '..hidden/1/model.onnx': addingModel(['batch', 2]),
      'white space/1/model.onnx': addingModel(['batch', 2]),
    });
    await t.control.calls.rescan.mutate();
    const expected: Readonly<Record<string, RegExp>> = {
      broken: /version 1.*ONNX/,
      empty: /no version directory.*empty\/1\/model\.onnx/,
      odd: /no version directory.*"v1"/,
      escaping: /outside|leads/,
      typo: /max_batch_sise.*max_batch_size/,
      limits: /max_batch_size is 100000.*1024/,
    };
    for (const [name, says] of Object.entries(expected)) {
      const summary = t.engine.registry.summary(name);
      expect(summary.state, name).toBe('unavailable');
      expect(summary.reason, name).toMatch(says);
      const refusal = await refusalOf(t.control.calls.loadModel.mutate({ name }));
      expect(refusal, name).toEqual({ code: 'MODEL_INVALID', message: expect.stringMatching(says) });
      const answer = await t.http.inferFloats(name, [1, 2], Float32Array.of(1, 2));
      expect([answer.status, answer.headers['ferry-error-code']], name).toEqual([503, 'MODEL_NOT_READY']);
      expect(answer.error, name).toMatch(says);
    }
    expect(t.engine.registry.summaries().map(({ name }) => name)).not.toContain('white space');
    for (const name of Object.keys(expected)) await t.control.calls.removeModel.mutate({ name });
  });

  test.each(['../escape', 'a/b', '/etc', '', '.hidden', 'x'.repeat(129), 'nul\0'])(
    'gets no name that could lead elsewhere: %j',
    async (name) => {
      const path = t.folder.write({ 'incoming/fine.onnx': addingModel(['batch', 2]) });
      for (const call of [
        t.engine.registry.import(path, name),
        t.control.calls.importModel.mutate({ path, name }),
      ]) {
        const refusal = await refusalOf(call);
        expect(refusal.code).toBe('INVALID_ARGUMENT');
        expect(refusal.message).toMatch(/name/);
      }
      expect(existsSync(join(t.folder.path, 'escape'))).toBe(false);
    },
  );

  test('does not break the one that serves when it takes its place on disk', async () => {
    const file = join(t.repositoryPath, 'fixed/1/model.onnx');
    const whole = readFileSync(file);
    truncateSync(file, 50);
    await t.control.calls.rescan.mutate();
    expect(t.engine.registry.summary('fixed')).toMatchObject({
      state: 'ready',
      reason: expect.stringMatching(/version 1/),
    });
    expect((await refusalOf(t.control.calls.loadModel.mutate({ name: 'fixed' }))).code).toBe('MODEL_INVALID');
    const answer = await t.http.inferFloats('fixed', [1, 3], Float32Array.of(1, 2, 3));
    expect([...(answer.values ?? [])]).toEqual([2, 3, 4]);
    writeFileSync(file, whole);
    await t.control.calls.rescan.mutate();
    expect(t.engine.registry.summary('fixed')).toMatchObject({ state: 'ready', reason: null });

    renameSync(file, `${file}.away`);
    await t.control.calls.rescan.mutate();
    expect(t.engine.registry.summary('fixed')).toMatchObject({
      state: 'ready',
      reason: expect.stringMatching(/1/),
    });
    renameSync(`${file}.away`, file);
    await t.control.calls.rescan.mutate();
    expect(t.engine.registry.summary('fixed')).toMatchObject({ state: 'ready', reason: null });
  });

  test('leaves no memory behind, however often it is tried', async () => {
    const paths = BAD_FILES.map(([, file], i) => t.folder.write({ [`incoming/again-${i}.onnx`]: file }));
    const tryAll = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const path = paths[i % paths.length] ?? '';
        await t.engine.registry.inspect(path).catch(() => undefined);
      }
    };
    await tryAll(100);
    expect(await leakedBytes(() => tryAll(1000))).toBe(0);
  });
});

/** Patches that must be refused, and what must be named. */
const BAD_SETTINGS: readonly (readonly [model: string, patch: Record<string, unknown>, says: RegExp])[] = [
  ...Object.entries(SETTING_LIMITS).flatMap(([name, { min, max }]) => [
    ['plus', { [name]: min - 1 }, new RegExp(`${name}.*${min}`, 's')] as const,
    ['plus', { [name]: max + 1 }, new RegExp(`${name}.*${max}`, 's')] as const,
    ['plus', { [name]: 'many' }, new RegExp(`${name}`, 's')] as const,
  ]),
  ...Object.entries(SETTING_LIMITS).flatMap(([name, { min }]) =>
    name === 'sloMs' ? [] : [['plus', { [name]: min + 0.5 }, new RegExp(name)] as const],
  ),
  [
    'plus',
    {
      maxQueueSize: 0,
      maxBatchSize: 8,
      preferredBatchSizes: [9],
      allowedBatchSizes: [4, 16],
      instanceCount: 3,
      maxInstanceCount: 2,
      sloMs: 0,
      deviceClass: 'middle',
    },
    /(?=.*maxQueueSize)(?=.*preferredBatchSizes contains 9)(?=.*allowedBatchSizes contains 16.*\(8\))(?=.*maxInstanceCount is 2; it must be at least instanceCount \(3\))(?=.*sloMs.*0\.1)(?=.*deviceClass)/s,
  ],
  ['plus', { allowedBatchSizes: [8, 4] }, /allowedBatchSizes.*ascending/],
  ['plus', { preferredBatchSizes: [4, 0] }, /preferredBatchSizes.*1/s],
  [
    'plus',
    { maxBatchSize: 8, preferredBatchSizes: [9] },
    /preferredBatchSizes contains 9.*maxBatchSize \(8\)/,
  ],
  ['plus', { executionProviders: [] }, /executionProviders/],
  ['plus', { executionProviders: ['abacus'] }, /executionProviders.*abacus|executionProviders/s],
  ['plus', { maxBatchSise: 4 }, /maxBatchSise/],
  ['plus', { batching: 'yes' }, /batching/],
  ['fixed', { batching: 'fixed' }, /batching fixed.*"x" has the fixed first dimension 1/],
  ['fixed', { maxBatchSize: 2 }, /maxBatchSize 2.*"x" has the fixed first dimension 1/],
];

describe('a setting out of range', () => {
  test.each(BAD_SETTINGS)(
    'is refused by the registry and the control plane alike and changes nothing: %s %j',
    async (name, patch, says) => {
      const config = (): string | null => {
        const path = join(t.repositoryPath, name, 'config.pbtxt');
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      };
      const before = t.engine.registry.summary(name);
      const textBefore = config();
      const wrong = patch as ModelSettingsPatch;
      for (const call of [
        t.engine.registry.updateSettings(name, wrong),
        t.control.calls.updateSettings.mutate({ name, patch: wrong }),
      ]) {
        const refusal = await refusalOf(call);
        expect(refusal.code).toBe('INVALID_ARGUMENT');
        expect(refusal.message).toMatch(says);
      }
      expect(t.engine.registry.summary(name)).toEqual(before);
      expect(config()).toBe(textBefore);
    },
  );
});
