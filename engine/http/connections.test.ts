import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, binaryRequest, GOOD_JSON, INFER, type OpenDoor, openDoor } from './open-door.fixture';

vi.setConfig({ testTimeout: 60_000 });

let open: OpenDoor;
beforeEach(async () => {
  open = await openDoor();
});
afterEach(() => open.close());

/** Waits, without a time of its own, for what the other side of a socket will bring about. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Holds back every inference until it is let go. */
function holdBack() {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  open.dataPlane.before = () => held;
  return release;
}

describe('a client that leaves', () => {
  it('cancels its request, and leaves nothing behind', async () => {
    const release = holdBack();
    let cancels = 0;
    const { socket } = await open.connect();
    socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${GOOD_JSON.length}\r\n\r\n${GOOD_JSON}`,
    );
    await eventually(() => open.dataPlane.served.length === 1);
    const [request] = open.dataPlane.served;
    if (request?.signal) request.signal.onCancel = () => cancels++;
    expect(open.door.inFlight()).toBe(1);
    socket.destroy();
    await eventually(() => request?.signal?.cancelled === true);
    expect(cancels).toBe(1);
    release();
    await eventually(() => open.door.inFlight() === 0);
  });

  it('cancels all that it has asked for on one connection', async () => {
    const release = holdBack();
    const { socket } = await open.connect();
    const one = `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${GOOD_JSON.length}\r\n\r\n${GOOD_JSON}`;
    socket.write(one.repeat(5));
    await eventually(() => open.dataPlane.served.length === 5);
    socket.destroy();
    await eventually(() => open.dataPlane.served.every((request) => request.signal?.cancelled));
    release();
    await eventually(() => open.door.inFlight() === 0);
  });

  it('in the middle of its body is forgotten', async () => {
    for (const head of [`Content-Length: ${GOOD_JSON.length}`, 'Transfer-Encoding: chunked']) {
      const { socket } = await open.connect();
      socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`);
      socket.write(head.startsWith('C') ? GOOD_JSON.slice(0, 9) : '3\r\n{"i\r\n');
      await eventually(() => open.door.inFlight() === 1);
      socket.destroy();
      await eventually(() => open.door.inFlight() === 0);
    }
    expect(open.dataPlane.served).toHaveLength(0);
    expect(open.log).toEqual([]);
  });

  it('is not cancelled when it has its answer and asks again on the same connection', async () => {
    await open.send('POST', INFER, { body: GOOD_JSON });
    await open.send('POST', INFER, { body: GOOD_JSON });
    expect(open.dataPlane.served.map((request) => request.signal?.cancelled)).toEqual([false, false]);
  });
});

describe('slow clients', () => {
  it.each([
    ['head', 'GET /v2 HTTP/1.1\r\nHost: localhost\r\n'],
    ['body', `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{`],
  ])('whose %s does not come are told so and cut off', async (_, bytes) => {
    const impatient = await openDoor(
      {},
      { timeouts: { headersMs: 50, requestMs: 60, keepAliveMs: 60_000, checkEveryMs: 10 } },
    );
    const { socket, until } = await impatient.connect();
    socket.write(bytes);
    const answer = await until('"}');
    expect(answer).toContain('408 Request Timeout');
    expect(answer).toContain('ferry-error-code: REQUEST_TIMEOUT');
    socket.destroy();
    await eventually(() => impatient.door.inFlight() === 0);
    await impatient.close();
  });
});

describe('stopping', () => {
  it('answers what is under way, refuses what comes, and then closes', async () => {
    const release = holdBack();
    const running = open.send('POST', INFER, { body: GOOD_JSON });
    const { socket, until, closed } = await open.connect();
    socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${GOOD_JSON.length}\r\n\r\n${GOOD_JSON}`,
    );
    await eventually(() => open.dataPlane.served.length === 2);
    const stopped = open.door.stop(60_000);
    socket.write('GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually(() => open.door.inFlight() === 2);
    release();
    const answer: Answer = await running;
    expect(answer.status).toBe(200);
    expect(answer.headers.connection).toBe('close');
    expect(await until('-3.0]}]}')).toContain('200 OK');
    await closed;
    await stopped;
    await expect(open.send('GET', '/v2')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('refuses a request on a connection that was busy with SHUTTING_DOWN', async () => {
    const slow = await open.connect();
    slow.socket.write('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n');
    await open.send('GET', '/v2');
    const stopped = open.door.stop(60_000);
    slow.socket.write('\r\n');
    const answer = await slow.closed;
    expect(answer).toContain('503 Service Unavailable');
    expect(answer).toContain('ferry-error-code: SHUTTING_DOWN');
    expect(answer).toContain('Connection: close');
    expect(answer).toMatch(/Retry-After: \d/);
    await stopped;
  });

  it('cuts what is not done in time, and cancels it', async () => {
    const release = holdBack();
    const { socket, closed } = await open.connect();
    socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${GOOD_JSON.length}\r\n\r\n${GOOD_JSON}`,
    );
    await eventually(() => open.dataPlane.served.length === 1);
    await open.door.stop(1);
    expect(await closed).toBe('');
    expect(open.dataPlane.served[0]?.signal?.cancelled).toBe(true);
    release();
  });

  it('closes idle connections at once, and may be asked for twice', async () => {
    const { closed } = await open.connect();
    await Promise.all([open.door.stop(60_000), open.door.stop(60_000)]);
    expect(await closed).toBe('');
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  /** What is still held when everything that can be given back was: buffers are freed a little after their owners. */
  const settledBytes = async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 10; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      least = Math.min(least, heapUsed + arrayBuffers);
    }
    return least;
  };
  const bad = (name: string, make: () => Promise<unknown>) => [name, make] as const;

  it.each([
    bad('malformed JSON', () => open.send('POST', INFER, { body: '{"inputs":[{]' })),
    bad('deep nesting', () => open.send('POST', INFER, { body: `{"inputs":${'['.repeat(10_000)}` })),
    bad('a wrong byte length', () =>
      open.send('POST', INFER, { ...binaryRequest(new Float32Array(512)), body: Buffer.alloc(3000, ' ') }),
    ),
    bad('an unknown model', () => open.send('POST', '/v2/models/nope/infer', { body: GOOD_JSON })),
    bad('a body over the limit', () => open.send('POST', INFER, { body: Buffer.alloc(1024 * 1024 + 1) })),
    bad('a foreign Host', () => open.send('GET', '/v2', { headers: { Host: 'attacker.example' } })),
    bad('no HTTP', async () => {
      const { socket, until } = await open.connect();
      socket.write('x\r\n\r\n');
      await until('"}');
      socket.destroy();
    }),
    bad('a client that leaves in its body', async () => {
      const { socket } = await open.connect();
      socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{`);
      await eventually(() => open.door.inFlight() === 1);
      socket.destroy();
      await eventually(() => open.door.inFlight() === 0);
    }),
  ])(
    'does not grow with 1,000 times %s',
    async (_, make) => {
      for (let i = 0; i < 200; i++) await make();
      const before = await settledBytes();
      for (let i = 0; i < 1000; i++) await make();
      expect(open.door.inFlight()).toBe(0);
      // Half a kilobyte kept of each would be seen.
      expect((await settledBytes()) - before).toBeLessThan(512 * 1024);
      expect(await open.send('POST', INFER, { body: GOOD_JSON })).toMatchObject({ status: 200 });
      expect(openSockets()).toBeLessThan(20);
    },
    60_000,
  );
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocketWrap')).length;
}
