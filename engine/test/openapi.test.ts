import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { addingModel } from './arithmetic-models';
import { startEngine, type TestEngine } from './start-engine';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

type Schema = Parameters<typeof z.fromJSONSchema>[0];

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const BODIES: Readonly<Record<string, unknown>> = {
  '/v2/models/{model}/infer': {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }],
  },
  '/v2/repository/index': { ready: true },
  '/v2/trace/setting': { trace_level: ['OFF'] },
};

let t: TestEngine;
beforeAll(async () => {
  t = await startEngine({
    models: { 'plus/1/model.onnx': addingModel(['batch', 3]) },
    argv: ['--model-control', 'explicit', '--load-model', '*'],
  });
});
afterAll(() => t.close());

/** Asks one operation of the running engine; holds the answer against what is said of it. True: it was done. */
async function isTrue(path: string, method: string, { responses }: Operation): Promise<boolean> {
  const real = path
    .replace('{model}', 'plus')
    .replace('{version}', '1')
    .replace(/\{[a-z]+\}/, 'r');
  const body = BODIES[path.replace('/versions/{version}', '')];
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = await t.http.send(method.toUpperCase(), real, method === 'post' ? text : null);
  const where = `${method} ${real}: ${answer.status} ${answer.body.toString().slice(0, 300)}`;
  const isDone = answer.status === 200;
  const described = responses[isDone ? '200' : 'default'];
  expect(described, where).toBeDefined();
  const schema = described?.content?.['application/json']?.schema;
  if (!isDone) expect((answer.json as { error?: unknown }).error, where).toBeTypeOf('string');
  else if (schema)
    expect(z.fromJSONSchema(schema).safeParse(answer.json), where).toMatchObject({ success: true });
  return isDone;
}

test('what a running engine answers is what its OpenAPI description says', async () => {
  const { paths } = (await t.http.get('/v2/openapi.json')).json as { readonly paths: Paths };
  const done: string[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    // An unloaded model would be missed by what comes after.
    if (path.endsWith('/unload')) continue;
    for (const [method, operation] of Object.entries(operations))
      if (await isTrue(path, method, operation)) done.push(`${method} ${path}`);
  }
  expect(done).toContain('post /v2/models/{model}/infer');
  expect(done).toContain('get /v2/models/{model}/config');
  expect(done).toContain('post /v2/repository/models/{model}/load');
  expect(done.length).toBeGreaterThan(20);
});
