import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GOOD_JSON, INFER, type OpenDoor, openDoor } from './open-door.fixture';

vi.setConfig({ testTimeout: 60_000 });

let open: OpenDoor;
beforeEach(async () => {
  open = await openDoor();
});
afterEach(() => open.close());

const post = (id: number, framing: 'length' | 'chunks'): string => {
  const body = GOOD_JSON.replace('"1"', `"${id}"`);
  const start = `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\n`;
  if (framing === 'length') return `${start}Content-Length: ${body.length}\r\n\r\n${body}`;
  const middle = Math.floor(body.length / 2);
  const chunks = [body.slice(0, middle), body.slice(middle)];
  return `${start}Transfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n\r\n`;
};
const live = 'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Status codes and request ids of the answers, in order. */
const told = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)|"id":"(\d+)"/g)].map((match) => match[1] ?? `id ${match[2]}`);

it('answers are the same however a stream of requests is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('length', 'chunks', 'get'), { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 10 }),
      async (kinds, places) => {
        const text = kinds
          .map((kind, i) => (kind === 'get' ? live : post(i, kind as 'length' | 'chunks')))
          .join('');
        const last = 'GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
        const all = text + last;
        const { socket, closed } = await open.connect();
        const at = [...places.map((place) => place % all.length), all.length].sort((a, b) => a - b);
        let from = 0;
        for (const to of at) {
          if (to > from) socket.write(all.slice(from, to));
          from = to;
          await new Promise(setImmediate);
        }
        const expected = kinds.flatMap((kind, i) => (kind === 'get' ? ['200'] : ['200', `id ${i}`]));
        expect(told(await closed)).toEqual([...expected, '200']);
      },
    ),
    { numRuns: 60 },
  );
});

it('a client that asks for more at once than are worked on gets every answer in order', async () => {
  const { socket, closed } = await open.connect();
  const count = 500;
  socket.write(Array.from({ length: count }, (_, i) => post(i, 'length')).join(''));
  socket.write(live.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  const ids = told(await closed).filter((one) => one.startsWith('id'));
  expect(ids).toEqual(Array.from({ length: count }, (_, i) => `id ${i}`));
});

it('a body that nobody wants is not taken for the next request', async () => {
  const { socket, closed } = await open.connect();
  const smuggled = 'GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n';
  socket.write(
    `GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggled.length}\r\n\r\n`,
  );
  socket.write(smuggled);
  const answers = await closed;
  expect(told(answers)).toEqual(['200']);
  expect(answers).toContain('Connection: close');
});

it('nothing is read after a request that said it was the last', async () => {
  const { socket, closed } = await open.connect();
  socket.write(live.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n') + live);
  expect(told(await closed)).toEqual(['200']);
});

it('what cannot be parsed is answered after the requests before it, and ends the connection', async () => {
  const { socket, closed } = await open.connect();
  socket.write(`${post(7, 'length')}nonsense\r\n\r\n${live}`);
  expect(told(await closed)).toEqual(['200', 'id 7', '400']);
});

it('a line that ends without a carriage return is refused at once, not when the time for a head is up', async () => {
  const { socket, closed } = await open.connect();
  socket.write('GET /v2 HTTP/1.1\nHost: localhost\n\n');
  expect(await closed).toMatch(/400 Bad Request[\s\S]*carriage return/);
});

it('an HTTP/1.0 client gets its answer, and its connection kept only if it asks for that', async () => {
  const first = await open.connect();
  first.socket.write('GET /v2/health/live HTTP/1.0\r\nHost: localhost\r\n\r\n');
  expect(await first.closed).toContain('Connection: close');
  const second = await open.connect();
  const kept = 'GET /v2/health/live HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n';
  second.socket.write(kept);
  expect(await second.until('{"live":true}')).toContain('Connection: keep-alive');
  second.socket.write(kept.replace('keep-alive', 'close'));
  expect(told(await second.closed)).toEqual(['200', '200']);
});

it('a client that does not read its answers is not read from for ever', async () => {
  const { socket } = await open.connect();
  socket.pause();
  const large = GOOD_JSON.replace('[1,3]', '[1,20000]').replace('[1,2.5,-3]', `[${'1,'.repeat(19_999)}1]`);
  const one = `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${large.length}\r\n\r\n${large}`;
  let refused = false;
  for (let i = 0; i < 2_000 && !refused; i++) {
    refused = !socket.write(one) && i > 400;
    await new Promise(setImmediate);
  }
  expect(refused).toBe(true);
  const served = open.dataPlane.served.length;
  await open.send('GET', '/v2');
  expect(served).toBeLessThan(1_000);
  socket.destroy();
});
