import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type OpenDoor, openDoor } from './open-door.fixture';
import { templateOf } from './openapi';
import { OPERATIONS } from './operations';
import { ROUTES } from './routes';

type Described = Readonly<Record<string, Readonly<Record<string, { responses: Record<string, unknown> }>>>>;

const INFERENCE = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] };

async function opened(): Promise<OpenDoor> {
  const open = await openDoor();
  onTestFinished(() => open.close());
  return open;
}

const realPath = (path: string) =>
  templateOf(path)
    .replace('{model}', 'identity')
    .replace('{version}', '1')
    .replace(/\{(region|repository)\}/, 'r');

describe('the OpenAPI description', () => {
  it('is served, and describes each path that the door serves and no other', async () => {
    const open = await opened();
    const { status, json } = await open.send('GET', '/v2/openapi.json');
    expect(status).toBe(200);
    expect(json?.openapi).toBe('3.1.0');
    const described = Object.entries(json?.paths as Described).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(new Set(described)).toEqual(
      new Set(ROUTES.map(({ method, path }) => `${method} ${templateOf(path)}`)),
    );
    expect(JSON.stringify(json)).not.toContain('"$schema"');
  });

  it.each(ROUTES.map((route) => [route.method, route.path, route] as const))(
    'is true of %s %s',
    async (method, path, { operation }) => {
      const open = await opened();
      const body = operation === OPERATIONS.infer ? JSON.stringify(INFERENCE) : undefined;
      const answer = await open.send(method, realPath(path), body === undefined ? {} : { body });
      if (operation.isRefused) {
        expect([404, 501]).toContain(answer.status);
        expect(z.object({ error: z.string().min(1) }).safeParse(answer.json).success).toBe(true);
        return;
      }
      expect(answer.status).toBe(200);
      if (operation.answer === null) expect(answer.body.byteLength).toBe(0);
      else expect(operation.answer.safeParse(answer.json)).toMatchObject({ success: true });
    },
  );

  it('has a request schema that takes a good inference and refuses a spoilt one', () => {
    const { request } = OPERATIONS.infer;
    expect(request?.safeParse(INFERENCE).success).toBe(true);
    expect(request?.safeParse({ inputs: [{ name: 'x', datatype: 'FP99', shape: [1] }] }).success).toBe(false);
  });
});
