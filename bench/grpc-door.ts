import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { silentLogger, systemClock } from '../engine/base';
import { createGrpcDoor } from '../engine/grpc';
import { encodeMessage, messageType } from '../engine/protocol';
import { IdentityDataPlane } from '../engine/testing';
import { type Candidate, raceDoors } from './door-race';

/**
 * What a unary gRPC call costs the server's process, by the HTTP/2 under it: processor time for one ModelInfer of 2 KB (512 FP32
 * values raw), and calls per second. The first two echo bytes and decode nothing; the door decodes, calls a model that gives its
 * inputs back, and encodes. The numbers of docs/adr/0015-http2-on-sockets.md come from here:
 *
 *   npx tsx bench/grpc-door.ts
 */
const CONNECTIONS = 4;
const STREAMS = 8;
const ROUNDS = 3;
const VALUES = 512;
const PATH = '/inference.GRPCInferenceService/ModelInfer';

/** Reads the one message and sends it back. */
async function grpcJs(): Promise<Candidate> {
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;
  server.addService(
    {
      ModelInfer: {
        path: PATH,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    {
      ModelInfer: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        answer(null, call.request),
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { name: '@grpc/grpc-js', port, close: async () => server.forceShutdown() };
}

/** Node's own HTTP/2 by its core API, with no more than an echo needs. */
async function nodeHttp2(): Promise<Candidate> {
  const server = createServer();
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: ServerHttp2Stream) => {
    const pieces: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      stream.respond(head, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name: 'node:http2',
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The door itself. */
async function ferry(): Promise<Candidate> {
  const clock = systemClock();
  const door = createGrpcDoor({
    dataPlane: new IdentityDataPlane(),
    logger: silentLogger,
    clock,
    options: {
      host: '127.0.0.1',
      port: 0,
      maxRequestBytes: 1 << 20,
      maxResponseBytes: 1 << 20,
      allowNetwork: false,
    },
  });
  const { port } = await door.start();
  return {
    name: 'ferry (decode, encode)',
    port,
    close: async () => {
      await door.stop(0);
      await clock.close();
    },
  };
}

/** The client, in a process of its own: so many calls at a time on each connection, answers counted by the end of their streams. */
const CLIENT = `
const { connect } = require('node:net');
function run({ port, path, body, connections, streams }) {
  const message = Buffer.from(body, 'base64');
  const frame = (type, flags, id, payload) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(id, 5);
    return Buffer.concat([head, payload]);
  };
  const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const block = Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]), text(path), Buffer.from([0x01]), text('localhost'),
    Buffer.from([0x0f, 0x10]), text('application/grpc'), Buffer.from([0]), text('te'), text('trailers'),
  ]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  for (let i = 0; i < connections; i++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let next = 1;
    let have = Buffer.alloc(0);
    let taken = 0;
    const call = () => {
      const request = Buffer.concat([frame(1, 4, next, block), frame(0, 1, next, Buffer.concat([prefix, message]))]);
      next += 2;
      return request;
    };
    socket.on('data', (piece) => {
      have = have.length === 0 ? piece : Buffer.concat([have, piece]);
      const out = [];
      let at = 0;
      while (have.length - at >= 9) {
        const length = have.readUIntBE(at, 3);
        if (have.length - at < 9 + length) break;
        const type = have[at + 3];
        const flags = have[at + 4];
        if (type === 4 && !(flags & 1)) out.push(frame(4, 1, 0, Buffer.alloc(0)));
        if (type === 6 && !(flags & 1)) out.push(frame(6, 1, 0, have.subarray(at + 9, at + 17)));
        if (type === 3 || type === 7) throw new Error('reset ' + have.subarray(at, at + 9 + length).toString('latin1'));
        if (type === 0) taken += length;
        if (type === 1 && flags & 1) {
          answered++;
          out.push(call());
        }
        at += 9 + length;
      }
      have = have.subarray(at);
      if (taken > 16000) {
        const more = Buffer.alloc(4);
        more.writeUInt32BE(taken);
        taken = 0;
        out.push(frame(8, 0, 0, more));
      }
      if (out.length > 0) socket.write(Buffer.concat(out));
    });
    const first = [Buffer.from('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'), frame(4, 0, 0, Buffer.alloc(0))];
    for (let n = 0; n < streams; n++) first.push(call());
    socket.write(Buffer.concat(first));
  }
}
`;

const body = encodeMessage(messageType('inference.ModelInferRequest'), {
  model_name: 'identity',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, VALUES] }],
  raw_input_contents: [Buffer.alloc(VALUES * 4)],
});
await raceDoors([await grpcJs(), await nodeHttp2(), await ferry()], {
  client: CLIENT,
  order: {
    path: PATH,
    body: Buffer.from(body).toString('base64'),
    connections: CONNECTIONS,
    streams: STREAMS,
  },
  rounds: ROUNDS,
  rate: 'calls/s',
});
process.exit();
