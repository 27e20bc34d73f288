import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { ChangeMark, ModelSettingsPatch } from '../contract';
import { buildRequest, floatsOf, fp32 } from '../testing/build-request';
import { simulatedConfig } from './arithmetic-models';
import { startRegistry, type TestRegistry } from './start-registry';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let open: TestRegistry | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const model = (bytes: number, more = '') =>
  simulatedConfig({
    baseUs: 0,
    more: `parameters { key: "ferry.simulated.memory_bytes" value { string_value: "${bytes}" } }\n${more}`,
  });
const PIN = 'parameters { key: "ferry.pin" value { string_value: "true" } }';

async function start(models: Readonly<Record<string, string>>, budget: number, isGiven = false) {
  const files = Object.fromEntries(
    Object.entries(models).map(([name, text]) => [`${name}/config.pbtxt`, text]),
  );
  open = await startRegistry(files, {}, () => ({
    bytes: budget,
    note: '--memory-budget simulated',
    isGiven,
  }));
  const marks: Pick<ChangeMark, 'model' | 'kind' | 'text'>[] = [];
  open.registry.marks.on((mark) => marks.push(mark));
  return { registry: open.registry, marks };
}
const ask = (name: string) => buildRequest([fp32('x', [1, 2])], { model: name });
const ready = (registry: TestRegistry['registry']) =>
  registry
    .summaries()
    .filter(({ state }) => state === 'ready')
    .map(({ name }) => name);

test('what finds no room at the start waits for its first request; the server is ready all the same', async () => {
  const { registry } = await start({ a: model(100), b: model(100), c: model(100) }, 250);
  expect(ready(registry)).toEqual(['a', 'b']);
  expect(registry.isReady).toBe(true);
  expect(registry.takesRequests('c', null)).toBe(true);
  expect(registry.summary('c')).toMatchObject({ state: 'unavailable', onCall: true });
  expect(registry.specOf('c', null)).toMatchObject({ version: '1', versionsReady: ['1'] });
});

test('a request for an evicted model is answered after a cold start, and the one used longest ago leaves for it', async () => {
  const { registry, marks } = await start({ a: model(100), b: model(100), c: model(100) }, 250);
  await registry.infer(ask('a'));
  await registry.infer(ask('b'));
  const results = await Promise.all([registry.infer(ask('c')), registry.infer(ask('c'))]);
  expect(results.map(({ model: name }) => name)).toEqual(['c', 'c']);
  expect(ready(registry)).toEqual(['b', 'c']);
  expect(registry.summary('a')).toMatchObject({
    state: 'unavailable',
    reason: expect.stringContaining('evicted to make room for "c", which needs 100 bytes'),
    coldStarts: { count: 0, evictions: 1 },
  });
  expect(registry.summary('c').coldStarts).toMatchObject({ count: 1, lastMs: expect.any(Number) });
  expect(marks.filter(({ kind }) => kind === 'eviction').map((mark) => mark.model)).toEqual(['a']);
  expect(registry.memory(['simulated'])).toEqual([
    expect.objectContaining({ budgetBytes: 250, reservedBytes: 200, evictions: 1 }),
  ]);
});

test('pinned models stay; what does not fit beside them is refused with the arithmetic', async () => {
  const { registry } = await start({ a: model(100, PIN), b: model(100), c: model(200) }, 250);
  expect(ready(registry)).toEqual(['a', 'b']);
  await expect(registry.infer(ask('c'))).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
  await expect(registry.load('c')).rejects.toMatchObject({
    code: 'MEMORY_EXCEEDED',
    message: expect.stringMatching(
      /needs 200 bytes .* budget of 250 bytes .* 150 bytes at most.*"a" 100 bytes/,
    ),
  });
  expect(ready(registry)).toEqual(['a', 'b']);
});

test('a budget below the smallest model is refused at the start', async () => {
  await expect(start({ a: model(100), b: model(300) }, 50, true)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('the smallest model for simulated, "a", needs 100 bytes'),
  });
});

test('more models than fit, asked for all at once again and again: every request is answered by its own model', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const { registry } = await start(Object.fromEntries(names.map((name) => [name, model(100)])), 150);
  const asked = Array.from({ length: 40 }, (_, i) => names[i % names.length] ?? 'a');
  const results = await Promise.all(asked.map((name) => registry.infer(ask(name))));
  expect(results.map((result) => result.model)).toEqual(asked);
  expect(ready(registry)).toHaveLength(1);
  expect(registry.memory([])[0]?.reservedBytes).toBe(100);
});

test('a model that is unloaded while it is on call is not loaded again', async () => {
  const { registry } = await start({ a: model(100), b: model(100) }, 150);
  await registry.unload('b');
  expect(registry.summary('b')).toMatchObject({ onCall: false, reason: 'unloaded' });
  await expect(registry.infer(ask('b'))).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
});

test('settings that contradict the budget are refused with all else that is wrong, and the old ones stay in force', async () => {
  const { registry } = await start({ a: model(100), b: model(100, PIN), c: model(100) }, 250);
  const refused = (name: string, patch: ModelSettingsPatch, message: RegExp) =>
    expect(registry.updateSettings(name, patch)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  const arithmetic =
    /^"a" would need 200 bytes of simulated .*budget is 250 bytes .*pinned models hold 100 bytes: "b" 100 bytes$/;
  await refused('a', { instanceCount: 2, maxInstanceCount: 2 }, arithmetic);
  await refused(
    'a',
    { instanceCount: 2, maxInstanceCount: 2, maxQueueSize: 0 },
    /maxQueueSize.*; "a" would need 200 bytes/,
  );
  expect(registry.summary('a')).toMatchObject({ instancesReady: 1, settings: { instanceCount: 1 } });
  await registry.updateSettings('a', { pinned: true });
  await refused('c', { pinned: true }, /"c" would need 100 bytes .*pinned, .*hold 200 bytes/);
  expect(registry.summary('c')).toMatchObject({ onCall: true, settings: { pinned: false } });
  // What asks for less is never at fault.
  await registry.updateSettings('a', { pinned: false });
});

const budgets = (bytes: number | null) =>
  new Map([['simulated', { bytes, note: 'memory budget simulated', isGiven: true }]]);

test('a budget can be changed while models serve: what has no room leaves, pinned ones last, and comes back on call', async () => {
  const { registry, marks } = await start({ a: model(100, PIN), b: model(100), c: model(100) }, 350);
  expect(ready(registry)).toEqual(['a', 'b', 'c']);
  await registry.infer(ask('b'));
  await registry.residents.useBudgets(budgets(250));
  expect(ready(registry)).toEqual(['a', 'b']);
  expect(marks.find(({ kind }) => kind === 'eviction')?.text).toMatch(
    /^c evicted since the budget is smaller now/,
  );
  expect(registry.memory([])[0]).toMatchObject({ budgetBytes: 250, reservedBytes: 200 });
  await registry.infer(ask('c'));
  expect(ready(registry)).toEqual(['a', 'c']);
  await registry.residents.useBudgets(budgets(null));
  await registry.infer(ask('b'));
  expect(ready(registry)).toEqual(['a', 'b', 'c']);
});

test('a budget below the smallest model, or below all that are pinned, is refused and the old one stays in force', async () => {
  const { registry } = await start({ a: model(100, PIN), b: model(100, PIN), c: model(100) }, 350);
  await expect(registry.residents.useBudgets(budgets(50))).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(
      /smallest model for simulated, "a", needs 100 bytes .*; .*pinned models need 200 bytes .*"a" 100 bytes, "b" 100 bytes/,
    ),
  });
  await expect(registry.residents.useBudgets(budgets(199))).rejects.toMatchObject({
    message: expect.stringMatching(
      /^memory budget simulated=199 \(199 bytes\): pinned models need 200 bytes/,
    ),
  });
  expect(ready(registry)).toEqual(['a', 'b', 'c']);
  expect(registry.memory([])[0]).toMatchObject({ budgetBytes: 350, reservedBytes: 300 });
});

test('a model whose folder is gone holds its memory until its requests are answered; who needs the room waits for that', async () => {
  const slow = simulatedConfig({
    baseUs: 300_000,
    more: 'parameters { key: "ferry.simulated.memory_bytes" value { string_value: "200" } }',
  });
  const { registry } = await start({ a: slow, b: model(100) }, 250);
  const last = registry.infer(ask('a'));
  rmSync(join(open?.folder.path ?? '', 'models/a'), { recursive: true });
  await registry.rescan();
  await expect(registry.infer(ask('b'))).resolves.toMatchObject({ model: 'b' });
  await expect(last).resolves.toMatchObject({ model: 'a' });
  expect(registry.memory([])[0]?.reservedBytes).toBe(100);
});

test('a batch that does not fit into memory is answered in halves, and the model says what its batches are limited to', async () => {
  const fitting =
    'dynamic_batching { } parameters { key: "ferry.simulated.fitting_rows" value { string_value: "3" } }';
  const { registry } = await start({ a: model(100, fitting) }, 250);
  const asked = Array.from({ length: 12 }, (_, i) =>
    buildRequest([fp32('x', [1, 2], [i, -i])], { model: 'a' }),
  );
  const results = await Promise.all(asked.map((request) => registry.infer(request)));
  expect(results.map(({ outputs }) => floatsOf(outputs[0]))).toEqual(
    asked.map((_, i) => [i, i === 0 ? -0 : -i]),
  );
  expect(registry.summary('a').notices).toEqual([
    expect.stringMatching(
      /^a batch of \d+ rows did not fit into memory: batches have at most [23] rows until/,
    ),
  ]);
  const large = buildRequest([fp32('x', [4, 2])], { model: 'a' });
  await expect(registry.infer(large)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', httpStatus: 503 });
  await registry.updateSettings('a', { maxQueueDelayUs: 100 });
  expect(registry.summary('a').notices).toEqual([]);
});
