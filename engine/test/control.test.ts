import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { MetricsSample, ModelSummary } from '../contract';
import { addingModel } from './arithmetic-models';
import { HttpClient } from './http-client';
import { startEngine, type TestEngine } from './start-engine';
import { waitUntil } from './wait-until';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let t: TestEngine;
let http: HttpClient;
const token = (): string => t.engine.controlToken;

beforeAll(async () => {
  t = await startEngine({
    models: { 'plus/1/model.onnx': addingModel(['batch', 2]) },
    argv: ['--log-level', 'debug'],
  });
  const { hostname, port } = new URL(t.engine.controlUrl);
  http = new HttpClient(hostname, Number(port));
});

afterAll(async () => {
  http.close();
  await t.close();
});

/** HTTP status of the answer to a WebSocket handshake; 101 when it was accepted. */
function handshake(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${t.engine.controlUrl.replace('http', 'ws')}${path}`, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request: unknown, response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

describe("the control plane's socket", () => {
  test('is open to who has the token', async () => {
    expect(await handshake(`/trpc?token=${token()}`)).toBe(101);
    expect(await handshake(`/trpc?token=${token()}`, { origin: t.engine.controlUrl })).toBe(101);
    expect(await handshake(`/trpc?token=${token()}`, { origin: 'ferry://console' })).toBe(101);
  });

  test.each([
    ['no token', () => '/trpc', {}],
    ['an empty token', () => '/trpc?token=', {}],
    ['a wrong token', () => `/trpc?token=${'x'.repeat(token().length)}`, {}],
    ['a token too long by one', () => `/trpc?token=${token()}x`, {}],
    ['a Host of another name', () => `/trpc?token=${token()}`, { host: 'evil.example' }],
    ['a Host that begins as ours does', () => `/trpc?token=${token()}`, { host: '127.0.0.1.evil.example' }],
    ['a foreign Origin', () => `/trpc?token=${token()}`, { origin: 'https://evil.example' }],
    ['an Origin of another port', () => `/trpc?token=${token()}`, { origin: 'http://127.0.0.1:1' }],
    ['an opaque Origin', () => `/trpc?token=${token()}`, { origin: 'null' }],
  ])('is closed to %s', async (_title, path, headers) => {
    expect(await handshake(path(), headers)).toBe(403);
  });

  test('is nowhere else', async () => {
    expect(await handshake(`/other?token=${token()}`)).toBe(404);
  });

  test('gives the status, then metrics and changes as they come', async () => {
    const { calls } = t.control;
    const samples: MetricsSample[] = [];
    const models: (readonly ModelSummary[])[] = [];
    const stops = [
      calls.metrics.subscribe(undefined, { onData: (some) => samples.push(...some) }),
      calls.models.subscribe(undefined, { onData: (all) => models.push(all) }),
    ];
    await waitUntil('three samples came', () => samples.length >= 3);
    await calls.updateSettings.mutate({ name: 'plus', patch: { maxQueueDelayUs: 1234 } });
    await waitUntil('the change is told', () => models.at(-1)?.[0]?.settings.maxQueueDelayUs === 1234);
    // A model is in the samples once its load has ended, and a sample is as old as the beat.
    await waitUntil('a sample has the model', () => samples.at(-1)?.models[0]?.name === 'plus');
    for (const { unsubscribe } of stops) unsubscribe();
    expect(samples.map(({ monotonicUs }) => monotonicUs)).toEqual(
      samples.map(({ monotonicUs }) => monotonicUs).sort((a, b) => a - b),
    );
  });

  test('survives nonsense, and messages that are too long', async () => {
    const url = `${t.engine.controlUrl.replace('http', 'ws')}/trpc?token=${token()}`;
    const closedBy = async (message: string | Buffer): Promise<number | null> => {
      const socket = new WebSocket(url);
      await once(socket, 'open');
      let code: number | null = null;
      socket.on('close', (given: number) => {
        code = given;
      });
      socket.on('error', () => undefined);
      socket.send(message);
      await t.control.calls.recentBatches.query({ name: 'plus' });
      if (message.length > 1024 * 1024) await waitUntil('it is closed', () => code !== null);
      socket.terminate();
      return code;
    };
    for (const message of [
      'hello',
      '{',
      '[]',
      '{"id":1}',
      '{"id":1,"method":"query","params":{"path":"__proto__"}}',
    ]) {
      await closedBy(message);
    }
    await closedBy(Buffer.alloc(100, 255));
    // "Message too big", as the protocol calls it.
    expect(await closedBy('x'.repeat(2 * 1024 * 1024))).toBe(1009);
    expect(await t.control.calls.recentBatches.query({ name: 'plus' })).toEqual([]);
  });

  test('never lets its token into the log', () => {
    expect(t.logs.length).toBeGreaterThan(0);
    expect(JSON.stringify(t.logs)).not.toContain(token());
  });
});

describe('an upload', () => {
  const upload = (name: string, body: Uint8Array, headers: Record<string, string>) =>
    http.send('PUT', `/upload/${name}`, body, headers);
  const authorized = (): Record<string, string> => ({ authorization: `Bearer ${token()}` });
  const uploads = (): readonly string[] => {
    const path = join(t.folder.path, 'data/uploads');
    return existsSync(path) ? readdirSync(path) : [];
  };

  test('is taken, loaded and served', async () => {
    const answer = await upload('my%20model.onnx', addingModel(['batch', 2], 5), authorized());
    expect(answer.status).toBe(200);
    const { path } = answer.json as { path: string };
    const inspection = await t.control.calls.inspectModel.mutate({ path });
    expect(inspection).toMatchObject({ batchable: true, inputs: [{ name: 'x', shape: [-1, 2] }] });
    const summary = await t.control.calls.importModel.mutate({ path, name: 'uploaded' });
    expect(summary.state).toBe('ready');
    const served = await t.http.inferFloats('uploaded', [1, 2], Float32Array.of(1, 2));
    expect([...(served.values ?? [])]).toEqual([6, 7]);
  });

  test.each([
    ['without a token', 'm.onnx', () => ({}), 403],
    ['with a wrong token', 'm.onnx', () => ({ authorization: 'Bearer nonsense' }), 403],
    ['from another site', 'm.onnx', () => ({ ...authorized(), origin: 'https://evil.example' }), 403],
    ['under another host name', 'm.onnx', () => ({ ...authorized(), host: 'evil.example' }), 403],
    ['with a path for a name', '..%2F..%2Fm.onnx', authorized, 400],
    ['with another ending', 'm.sh', authorized, 400],
    ['with a name that is not well encoded', '%E0%A4%A.onnx', authorized, 400],
  ])('is refused %s', async (_title, name, headers, status) => {
    const before = uploads();
    const answer = await upload(name, Buffer.alloc(10), headers());
    expect(answer.status).toBe(status);
    expect((answer.json as { error: string }).error).not.toBe('');
    expect(uploads()).toEqual(before);
  });

  test('that breaks off leaves nothing behind', async () => {
    const before = uploads();
    const { host, port } = http;
    const headers = { ...authorized(), 'content-length': '1000000' };
    const outgoing = request({ host, port, method: 'PUT', path: '/upload/half.onnx', headers });
    outgoing.on('error', () => undefined);
    outgoing.write(Buffer.alloc(1000));
    await waitUntil('it has begun', () => uploads().length > before.length);
    outgoing.destroy();
    await waitUntil('it is gone', () => uploads().length === before.length);
  });
});
