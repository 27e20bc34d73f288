import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base';
import type { LoadPlan, LoadSnapshot } from './load-plan';
import { startLoadSession } from './load-session';

const clock = systemClock();
afterAll(() => clock.close());

const opened: (Server | TcpServer)[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(opened.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

async function listening(server: Server | TcpServer): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  opened.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return (server.address() as AddressInfo).port;
}

/** A server that takes the whole request, then does as `answer` says. Counts what it got. */
async function serve(answer: (response: ServerResponse, n: number) => void) {
  const got = { requests: 0 };
  const port = await listening(
    createServer((request: IncomingMessage, response) => {
      request.resume().on('end', () => answer(response, got.requests++));
    }),
  );
  return { port, got };
}

/** A server below HTTP: `answer` is called for every piece of bytes that comes. */
const serveRaw = (answer: (socket: Socket) => void) =>
  listening(createTcpServer((socket) => socket.on('data', () => answer(socket))));

const ok = (response: ServerResponse) => {
  response.writeHead(200, { 'Content-Length': 2 });
  response.end('{}');
};

const planFor = (port: number, change: Partial<LoadPlan> = {}): LoadPlan => ({
  host: '127.0.0.1',
  port,
  path: '/v2/models/m/infer',
  requests: { kind: 'bodies', headers: {}, bodies: [new Uint8Array(100), new Uint8Array(2_000)] },
  executor: { kind: 'closed', clients: 4 },
  warmupMs: 0,
  durationMs: 300,
  requestTimeoutMs: 5_000,
  seed: 1,
  beatMs: 50,
  ...change,
});

const open = (requestsPerSecond: number, maxInFlight = 64): Partial<LoadPlan> => ({
  executor: { kind: 'open', requestsPerSecond, arrivals: 'constant', maxInFlight },
});

const run = (plan: LoadPlan) => startLoadSession(plan, clock, () => undefined).finished;
const errorsOf = ({ counts }: LoadSnapshot) => Object.values(counts.errors).reduce((a, b) => a + b, 0);

function expectConserved(result: LoadSnapshot) {
  expect(result.counts.offered).toBe(result.counts.sent + result.counts.dropped);
  expect(result.counts.sent).toBe(result.counts.succeeded + errorsOf(result));
  expect(result.phase).toBe('finished');
}

describe('a closed loop', () => {
  it('sends, gets its answers and sends again; every request is accounted for, and the server saw them all', async () => {
    const { port, got } = await serve(ok);
    const result = await run(planFor(port));
    expectConserved(result);
    expect(result.counts.succeeded).toBeGreaterThan(4);
    expect(result.counts.errors).toEqual({});
    expect(got.requests).toBeGreaterThanOrEqual(result.counts.sent);
    expect(result.latency.p50Ms).toBeGreaterThan(0);
  });

  it('never has more requests on their way than clients', async () => {
    let inFlight = 0;
    let most = 0;
    const { port } = await serve((response) => {
      most = Math.max(most, ++inFlight);
      setTimeout(() => {
        inFlight--;
        ok(response);
      }, 5);
    });
    const result = await run(planFor(port, { executor: { kind: 'closed', clients: 7 } }));
    expectConserved(result);
    expect(most).toBe(7);
  });

  it('waits at the end for answers that are still to come', async () => {
    const { port } = await serve((response) => setTimeout(() => ok(response), 700));
    const result = await run(planFor(port));
    expect(result.counts).toMatchObject({ sent: 4, succeeded: 4, errors: {} });
    expect(result.achievedPerSecond).toBe(0);
  });

  it('leaves the warm-up out of the counts', async () => {
    const { port, got } = await serve((response) => setTimeout(() => ok(response), 400));
    const result = await run(planFor(port, { warmupMs: 300 }));
    expectConserved(result);
    expect(result.counts.sent).toBeLessThan(got.requests);
    expect(result.points.every(({ atMs }) => atMs >= -300)).toBe(true);
  });

  it('counts errors by status and code, and does not hammer a server that says when to come back', async () => {
    const { port } = await serve((response) => {
      response.writeHead(503, { 'Retry-After': 3600, 'Content-Type': 'application/json' });
      response.end('{"error":"full","code":"QUEUE_FULL"}');
    });
    const result = await run(planFor(port));
    expect(result.counts).toMatchObject({ sent: 4, succeeded: 0, errors: { 'HTTP 503 QUEUE_FULL': 4 } });
    expect(result.latency.p50Ms).toBeNull();
  });

  it('goes on after an error that says nothing about when to come back', async () => {
    const { port } = await serve((response, n) => {
      if (n < 2) response.writeHead(500, { 'Ferry-Error-Code': 'BACKEND_FAILED' }).end();
      else ok(response);
    });
    const result = await run(planFor(port, { executor: { kind: 'closed', clients: 1 } }));
    expectConserved(result);
    expect(result.counts.errors).toEqual({ 'HTTP 500 BACKEND_FAILED': 2 });
    expect(result.counts.succeeded).toBeGreaterThan(0);
  });

  it('survives connections that are reset, closed after every answer, or closed by the server in between', async () => {
    const { port } = await serve((response, n) => {
      if (n % 3 === 1) response.setHeader('Connection', 'close');
      if (n % 3 === 0) response.socket?.resetAndDestroy();
      else ok(response);
    });
    const result = await run(planFor(port, { durationMs: 600 }));
    expectConserved(result);
    expect(Object.keys(result.counts.errors)).toEqual(['connection reset']);
    expect(result.counts.succeeded).toBeGreaterThan(0);
  });

  it('counts a refused connection', async () => {
    const { port } = await serve(ok);
    await new Promise((closed) => opened.pop()?.close(closed));
    const result = await run(planFor(port));
    expectConserved(result);
    expect(Object.keys(result.counts.errors)).toEqual(['connection refused']);
  });

  it('gives a request up after its time-out, on a connection of its own', async () => {
    const { port } = await serve((response, n) => {
      if (n !== 0) ok(response);
    });
    const result = await run(
      planFor(port, { executor: { kind: 'closed', clients: 1 }, requestTimeoutMs: 100 }),
    );
    expectConserved(result);
    expect(result.counts.errors).toEqual({ timeout: 1 });
    expect(result.counts.succeeded).toBeGreaterThan(0);
  });

  it.each([
    ['speaks another protocol', '220 ready\r\n'],
    [
      'answers more than it was asked',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n',
    ],
    ['hangs up within an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('counts a bad response from a server that %s', async (_, bytes) => {
    const port = await serveRaw((socket) => socket.end(bytes));
    const result = await run(planFor(port));
    expectConserved(result);
    expect(Object.keys(result.counts.errors)).toEqual(['bad response']);
  });

  it('takes an answer that ends with its connection', async () => {
    const port = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    const result = await run(planFor(port));
    expectConserved(result);
    expect(result.counts.succeeded).toBeGreaterThan(0);
    expect(result.counts.errors).toEqual({});
  });

  it('reads large answers and sends large requests', async () => {
    const { port } = await serve((response) => response.end(Buffer.alloc(3_000_000)));
    const requests = { kind: 'bodies' as const, headers: {}, bodies: [new Uint8Array(2_000_000)] };
    const result = await run(planFor(port, { requests }));
    expectConserved(result);
    expect(result.counts.succeeded).toBeGreaterThan(0);
  });
});

describe('an open loop', () => {
  it('sends exactly what the schedule asks for, however slow the answers', async () => {
    const { port, got } = await serve((response) => setTimeout(() => ok(response), 150));
    const result = await run(planFor(port, open(200)));
    // 0, 5, …, 295 ms.
    expect(result.counts).toEqual({ offered: 60, sent: 60, succeeded: 60, dropped: 0, errors: {} });
    expect(got.requests).toBe(60);
    expect(result.generatorLagP99Ms).toBeGreaterThanOrEqual(0);
  });

  it('drops, and counts, what has no room', async () => {
    const { port, got } = await serve(() => undefined);
    const result = await run(planFor(port, { ...open(200, 5), requestTimeoutMs: 700 }));
    expect(result.counts).toEqual({
      offered: 60,
      sent: 5,
      succeeded: 0,
      dropped: 55,
      errors: { timeout: 5 },
    });
    expect(got.requests).toBe(5);
  });

  it('counts a stall against every request that was due in it', async () => {
    // One connection: the first request stalls for 200 ms, and those behind it that fit still count from their own time.
    const { port } = await serve((response, n) =>
      n === 0 ? setTimeout(() => ok(response), 200) : ok(response),
    );
    const result = await run(planFor(port, open(100, 1)));
    expectConserved(result);
    expect(result.counts.dropped).toBeGreaterThanOrEqual(15);
    expect(result.latency.maxMs).toBeGreaterThanOrEqual(190);
  });

  it('keeps the schedule when answers are errors', async () => {
    const { port } = await serve((response) => {
      response.writeHead(503, { 'Retry-After': 1 });
      response.end();
    });
    const result = await run(planFor(port, open(100)));
    expect(result.counts).toEqual({
      offered: 30,
      sent: 30,
      succeeded: 0,
      dropped: 0,
      errors: { 'HTTP 503': 30 },
    });
  });

  it('sends a Poisson schedule with the same count for the same seed', async () => {
    const { port } = await serve(ok);
    const poisson = planFor(port, {
      executor: { kind: 'open', requestsPerSecond: 200, arrivals: 'poisson', maxInFlight: 64 },
    });
    const [first, second] = [await run(poisson), await run(poisson)];
    expect(first.counts.succeeded).toBe(first.counts.offered);
    expect(second.counts.offered).toBe(first.counts.offered);
  });
});

describe('stopping', () => {
  it.each([
    ['closed', {}],
    ['open', open(200)],
  ])('a %s loop mid-run keeps what was measured and accounts for every request', async (_, change) => {
    const { port } = await serve((response) => setTimeout(() => ok(response), 30));
    const session = startLoadSession(planFor(port, { ...change, durationMs: 60_000 }), clock, (snapshot) => {
      if (snapshot.counts.succeeded >= 10) session.stop();
    });
    const result = await session.finished;
    expectConserved(result);
    expect(result.stopped).toBe(true);
    expect(result.counts.succeeded).toBeGreaterThanOrEqual(10);
    expect(result.measuredMs).toBeLessThan(60_000);
  });

  it('gives up requests that are not answered soon, and counts them', async () => {
    const { port } = await serve(() => undefined);
    const session = startLoadSession(planFor(port, { durationMs: 60_000 }), clock, ({ counts }) => {
      if (counts.sent === 4) session.stop();
    });
    expect((await session.finished).counts).toMatchObject({ sent: 4, errors: { 'abandoned at stop': 4 } });
  });

  it('at once is not too early', async () => {
    const { port } = await serve(ok);
    const session = startLoadSession(planFor(port, { durationMs: 60_000 }), clock, () => undefined);
    session.stop();
    session.stop();
    const result = await session.finished;
    expectConserved(result);
    expect(result.stopped).toBe(true);
  });
});
