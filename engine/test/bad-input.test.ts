import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ERROR_CODES } from '../contract';
import { identityModel } from '../testing/onnx-writer';
import { addingModel, simulatedConfig, sumAndDifferenceModel } from './arithmetic-models';
import { BAD_REQUESTS, BODY_LIMIT_BYTES } from './bad-requests';
import { leakedBytes, openSockets } from './process-state';
import { startEngine, type TestEngine } from './start-engine';
import { addingQuestion, pairQuestion, Traffic } from './traffic';
import { waitUntil } from './wait-until';

// Threads start slowly where many programs share few cores.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let t: TestEngine;
let good: Traffic;

beforeAll(async () => {
  t = await startEngine({
    models: {
      'plus/1/model.onnx': addingModel(['batch', 3]),
      'pair/1/model.onnx': sumAndDifferenceModel(),
      'text/1/model.onnx': identityModel([{ datatype: 'BYTES', shape: ['batch', 1] }]),
      'slow/config.pbtxt': simulatedConfig({ baseUs: 300_000 }),
    },
    argv: ['--max-request-bytes', String(BODY_LIMIT_BYTES), '--log-level', 'warn'],
  });
  // Beside all that follows somebody asks as one should.
  good = new Traffic(t.http, [addingQuestion('plus', () => [3]), pairQuestion('pair')], 2);
});

afterAll(async () => {
  await good.stop();
  await t.close();
  expect(good.faults).toEqual([]);
  expect(good.refusals).toEqual([]);
  expect(good.right).toBeGreaterThan(100);
});

const isQuiet = (): boolean =>
  t.engine.registry.counters().every(({ queueLength, inFlight }) => queueLength === 0 && inFlight <= 2);

describe('a bad request', () => {
  test.each(BAD_REQUESTS)('is refused with its reason: $title', async ({ send, code, says }) => {
    const answer = await send(t.http);
    expect({ status: answer.status, code: answer.headers['ferry-error-code'] }).toEqual({
      status: ERROR_CODES[code].httpStatus,
      code,
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect((answer.json as { error: string }).error).toMatch(says);
  });

  test('may carry NaN and Infinity where numbers of a float tensor stand, and gets them back', async () => {
    const answer = await t.http.infer(
      'plus',
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[NaN,Infinity,-Infinity]}]}',
    );
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('"data":[NaN,Infinity,-Infinity]');
  });

  test('that is no HTTP, or has endless headers, gets an answer and its connection is closed', async () => {
    expect(await rawExchange('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"error":/);
    const endless = `GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`;
    expect(await rawExchange(endless)).toMatch(/^HTTP\/1\.1 431 [\s\S]*"error":/);
  });

  test('in chunks without a length is refused as soon as it passes the limit', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const head =
      'POST /v2/models/plus/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await rawExchange(head + chunk.repeat(6));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain(String(BODY_LIMIT_BYTES));
  });
});

describe('a client that leaves', () => {
  const request = (body: string, length = body.length): string =>
    `POST /v2/models/slow/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${body}`;
  const body = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [8, 2], data: new Array(16).fill(1) }],
  });

  test('while it waits leaves the queue, is counted, and disturbs nobody', async () => {
    const before = t.counters('slow').requestsFailed.CANCELLED ?? 0;
    const sockets = Array.from({ length: 12 }, () => rawSocket(request(body)));
    // Eight rows each fill a batch, so at most two are in it or before it; the rest waits.
    await waitUntil('they wait', () => t.counters('slow').queueLength >= 8);
    for (const socket of sockets) socket.destroy();
    await waitUntil('the queue is empty', () => t.counters('slow').queueLength === 0);
    await waitUntil('nothing runs', () => t.counters('slow').inFlight === 0);
    expect((t.counters('slow').requestsFailed.CANCELLED ?? 0) - before).toBeGreaterThanOrEqual(7);
    const answer = await t.http.inferFloats('slow', [1, 2], Float32Array.of(5, 6));
    expect([...(answer.values ?? [])]).toEqual([5, 6]);
  });

  test('in the middle of its body leaves nothing behind', async () => {
    const before = t.counters('slow');
    const sockets = Array.from({ length: 10 }, () => rawSocket(request(body.slice(0, 20), body.length)));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const socket of sockets) socket.destroy();
    const answer = await t.http.inferFloats('slow', [1, 2], Float32Array.of(7, 8));
    expect([...(answer.values ?? [])]).toEqual([7, 8]);
    expect(t.counters('slow').requestsOk).toBe(before.requestsOk + 1);
  });
});

test('a thousand bad requests leave memory, connections and queues as they were', async () => {
  const repeat = async (times: number): Promise<void> => {
    for (let done = 0; done < times; ) {
      const some = BAD_REQUESTS.slice(0, Math.min(BAD_REQUESTS.length, times - done));
      await Promise.all(some.map(({ send }) => send(t.http)));
      done += some.length;
    }
  };
  const thousand = async (): Promise<void> => {
    await repeat(1000);
    await waitUntil('quiet', isQuiet);
  };
  await repeat(100);
  const socketsBefore = openSockets();
  const leaked = await leakedBytes(thousand);
  await waitUntil('no more sockets than before', () => openSockets() <= socketsBefore + 2, { limitMs: 5000 });
  // A kilobyte kept per request would be a megabyte.
  expect(leaked).toBe(0);
});

function rawSocket(text: string) {
  const socket = connect(t.http.port, t.http.host);
  socket.on('error', () => undefined);
  socket.write(text);
  return socket;
}

/** What comes back until the other side closes. */
function rawExchange(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = rawSocket(text);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
  });
}
