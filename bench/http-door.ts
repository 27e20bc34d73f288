import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import createRouter from 'find-my-way';
import { silentLogger, systemClock } from '../engine/base';
import { createHttpDoor } from '../engine/http';
import { IdentityDataPlane } from '../engine/testing';
import { type Candidate, raceDoors } from './door-race';

/**
 * What the HTTP door's parts cost: processor time that the server's process spends on a 2 KB binary POST (512 FP32 values), and
 * requests per second. The numbers of docs/adr/0002-http-door.md come from here:
 *
 *   npx tsx bench/http-door.ts
 *
 * Fastify is no dependency. `npm install --no-save fastify` adds its row.
 */
const CONNECTIONS = 16;
const ROUNDS = 5;
const PATH = '/v2/models/identity/infer';
const VALUES = 512;

const JSON_PART = Buffer.from(
  JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, VALUES], parameters: { binary_data_size: VALUES * 4 } },
    ],
  }),
);
const BODY = Buffer.concat([JSON_PART, Buffer.alloc(VALUES * 4)]);

/** Reads the body whole and sends it back: what any door must do at least. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const [first] = pieces;
    const body = pieces.length === 1 && first ? first : Buffer.concat(pieces);
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': body.byteLength,
    });
    response.end(body);
  });
}

async function nodeServer(name: string, handle: typeof echo): Promise<Candidate> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routed(): typeof echo {
  const router = createRouter();
  for (const suffix of ['', '/ready', '/config', '/stats'])
    router.on('GET', `/v2/models/:model${suffix}`, () => undefined);
  router.on('POST', '/v2/models/:model/infer', () => undefined);
  router.on('POST', '/v2/models/:model/versions/:version(^\\d+$)/infer', () => undefined);
  return (request, response) => {
    if (router.find('POST', request.url ?? '')) echo(request, response);
    else response.writeHead(404).end();
  };
}

async function fastify(): Promise<Candidate | null> {
  const name: string = 'fastify';
  const found = await import(name).catch(() => null);
  if (!found) return null;
  const app = found.default();
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer' },
    (_: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => done(null, body),
  );
  app.post(
    '/v2/models/:model/infer',
    (request: { body: Buffer }, reply: { type(type: string): { send(body: Buffer): void } }) => {
      reply.type('application/octet-stream').send(request.body);
    },
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { name: 'fastify', port: app.server.address().port, close: () => app.close() };
}

/** The door itself, decoding and encoding included, before a model that gives its inputs back. */
async function ferry(): Promise<Candidate> {
  const clock = systemClock();
  const options = {
    host: '127.0.0.1',
    port: 0,
    maxRequestBytes: 1 << 20,
    allowedHosts: [],
    allowNetwork: false,
  };
  const door = createHttpDoor({
    dataPlane: new IdentityDataPlane(),
    logger: silentLogger,
    clock,
    options,
  });
  const { port } = await door.start();
  return {
    name: 'ferry (gate, routes, decode, encode)',
    port,
    close: async () => {
      await door.stop(0);
      await clock.close();
    },
  };
}

/** The client, in a process of its own: one request at a time on each connection, answers counted by their length. */
const CLIENT = `
const { connect } = require('node:net');
function run({ port, head, body, connections }) {
  const request = Buffer.concat([Buffer.from(head), Buffer.from(body, 'base64')]);
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let have = Buffer.alloc(0);
    let size = 0;
    socket.on('data', (piece) => {
      have = have.length === 0 ? piece : Buffer.concat([have, piece]);
      if (size === 0) {
        const end = have.indexOf('\\r\\n\\r\\n');
        if (end < 0) return;
        const text = have.toString('latin1', 0, end);
        if (!text.startsWith('HTTP/1.1 200')) throw new Error(text);
        size = end + 4 + Number(/content-length: (\\d+)/i.exec(text)[1]);
      }
      if (have.length < size) return;
      have = Buffer.alloc(0);
      size = 0;
      answered++;
      socket.write(request);
    });
    socket.write(request);
    return socket;
  });
}
`;

const head = [
  `POST ${PATH} HTTP/1.1`,
  'Host: 127.0.0.1',
  'Content-Type: application/octet-stream',
  `Inference-Header-Content-Length: ${JSON_PART.byteLength}`,
  `Content-Length: ${BODY.byteLength}`,
];
const candidates = [
  await nodeServer('node:http', echo),
  await nodeServer('node:http + find-my-way', routed()),
  await fastify(),
  await ferry(),
];
await raceDoors(
  candidates.filter((candidate) => candidate !== null),
  {
    client: CLIENT,
    order: {
      head: `${head.join('\r\n')}\r\n\r\n`,
      body: BODY.toString('base64'),
      connections: CONNECTIONS,
    },
    rounds: ROUNDS,
    rate: 'req/s',
  },
);
