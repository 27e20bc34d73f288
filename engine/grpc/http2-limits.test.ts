import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { compressionAlgorithms, Metadata, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../base';
import { decodeMessage, encodeMessage, messageType } from '../protocol';
import { GrpcTestClient } from '../testing/grpc-client';
import { encodeHeaders } from './http2';
import {
  floatsOf,
  INFER_PATH,
  inferRequest,
  type OpenGrpcDoor,
  openGrpcDoor,
  STREAM_PATH,
} from './open-grpc-door.fixture';

let open: OpenGrpcDoor;
beforeEach(async () => {
  open = await openGrpcDoor();
});
afterEach(() => open.close());

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function frame(type: number, flags: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

const HELLO = Buffer.concat([PREFACE, frame(4, 0, 0)]);

function headers(id: number, more: [string, string][] = [], flags = 4): Buffer {
  const block = encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', INFER_PATH],
    ['content-type', 'application/grpc'],
    ...more,
  ]);
  return frame(1, flags, id, block);
}

/** Sends the bytes, and gives the code of the GOAWAY that ends the connection, and why. */
function goawayAfter(bytes: Buffer): Promise<{ code: number; reason: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(open.port, '127.0.0.1');
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
    });
    socket.once('end', () => {
      socket.destroy();
      for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
        if (received[at + 3] !== 7) continue;
        const end = at + 9 + received.readUIntBE(at, 3);
        resolve({ code: received.readUInt32BE(at + 13), reason: received.toString('utf8', at + 17, end) });
        return;
      }
      reject(new Error('no GOAWAY'));
    });
    socket.write(bytes);
  });
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe('a connection ends with GOAWAY and a reason', () => {
  test.each<[string, () => Buffer, number, string]>([
    ['a request of HTTP/1', () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 1, 'preface'],
    ['no SETTINGS first', () => Buffer.concat([PREFACE, headers(1)]), 1, 'first frame'],
    [
      'a frame that is too large',
      () => Buffer.concat([HELLO, Buffer.from('ffffff000100000001', 'hex')]),
      6,
      'limit is',
    ],
    [
      'DATA on a stream that was never opened',
      () => Buffer.concat([HELLO, frame(0, 0, 5)]),
      1,
      'never opened',
    ],
    ['a stream with an even number', () => Buffer.concat([HELLO, headers(2)]), 1, 'cannot open stream 2'],
    [
      'an index that is not there',
      () => Buffer.concat([HELLO, frame(1, 4, 1, Buffer.from([0xff, 0xff]))]),
      9,
      'header block',
    ],
    [
      'a window that is too large',
      () => Buffer.concat([HELLO, frame(8, 0, 0, uint32(2 ** 31 - 1))]),
      3,
      'too large',
    ],
    [
      'a window update of nothing',
      () => Buffer.concat([HELLO, frame(8, 0, 0, uint32(0))]),
      1,
      'WINDOW_UPDATE of 0',
    ],
    ['a push', () => Buffer.concat([HELLO, frame(5, 4, 1)]), 1, 'cannot push'],
    [
      'a block of fields that is interrupted',
      () => Buffer.concat([HELLO, headers(1, [], 0), frame(6, 0, 0, Buffer.alloc(8))]),
      1,
      'interrupted',
    ],
    [
      'a flood of CONTINUATION',
      () => Buffer.concat([HELLO, headers(1, [], 0), ...Array.from({ length: 100 }, () => frame(9, 0, 1))]),
      11,
      'more than 16 frames',
    ],
    [
      'a flood of SETTINGS',
      () => Buffer.concat([PREFACE, ...Array.from({ length: 500 }, () => frame(4, 0, 0))]),
      11,
      'SETTINGS',
    ],
    [
      'a flood of PING',
      () => Buffer.concat([HELLO, ...Array.from({ length: 5000 }, () => frame(6, 0, 0, Buffer.alloc(8)))]),
      11,
      'without content',
    ],
    [
      'streams that are opened and reset (rapid reset)',
      () =>
        Buffer.concat([
          HELLO,
          ...Array.from({ length: 20_000 }, (_, i) =>
            Buffer.concat([headers(2 * i + 1), frame(3, 0, 2 * i + 1, uint32(8))]),
          ),
        ]),
      11,
      'reset',
    ],
  ])('%s', async (_what, bytes, code, reason) => {
    expect(await goawayAfter(bytes())).toEqual({ code, reason: expect.stringContaining(reason) });
    expect(floatsOf(await open.client.call('ModelInfer', inferRequest([1])))).toEqual([1]);
  });
});

test('a preface or frame that is begun must be finished', async () => {
  await open.close();
  open = await openGrpcDoor({}, { timeouts: { frameMs: 20, stallMs: 60_000, checkEveryMs: 5 } });
  const socket = connect(open.port, '127.0.0.1');
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(PREFACE.subarray(0, 10));
  expect(await closed).toBe(true);
});

test('a request that does not go on is given up', async () => {
  await open.close();
  open = await openGrpcDoor({}, { timeouts: { frameMs: 60_000, stallMs: 20, checkEveryMs: 5 } });
  const call = open.client.stream(INFER_PATH, new Metadata());
  call.on('error', () => undefined);
  call.on('data', () => undefined);
  const end = await new Promise<{ code: number; details: string }>((resolve) => call.on('status', resolve));
  expect(end).toMatchObject({
    code: status.DEADLINE_EXCEEDED,
    details: 'the request did not arrive in time',
  });
});

describe('a client that leaves', () => {
  /** Resolves with the code of the signal that fires. */
  function signalled(): Promise<string> {
    return new Promise((resolve) => {
      open.dataPlane.before = ({ signal }) =>
        new Promise((_resolve, reject) => {
          if (!signal) throw new Error('no signal');
          signal.onCancel = () => {
            resolve(signal.code);
            reject(new EngineError(signal.code, 'left'));
          };
        });
    });
  }

  test('by cancelling a stream takes its requests out of the queue', async () => {
    const code = signalled();
    const call = open.client.stream(STREAM_PATH, new Metadata());
    call.on('error', () => undefined);
    call.write(encodeMessage(messageType('inference.ModelInferRequest'), inferRequest([1])));
    const seen = new Promise<void>((resolve) => {
      const look = (): void => (open.dataPlane.served.length > 0 ? resolve() : void setImmediate(look));
      look();
    });
    await seen;
    call.cancel();
    expect(await code).toBe('CANCELLED');
  });

  test('with its connection takes its request out of the queue', async () => {
    const code = signalled();
    const message = encodeMessage(messageType('inference.ModelInferRequest'), inferRequest([1]));
    const prefix = Buffer.concat([Buffer.from([0]), uint32(message.length)]);
    const socket = connect(open.port, '127.0.0.1');
    socket.write(Buffer.concat([HELLO, headers(1), frame(0, 1, 1, Buffer.concat([prefix, message]))]));
    await new Promise<void>((resolve) => {
      const look = (): void => (open.dataPlane.served.length > 0 ? resolve() : void setImmediate(look));
      look();
    });
    socket.destroy();
    expect(await code).toBe('CANCELLED');
  });
});

describe('compression', () => {
  test.each(['gzip', 'deflate'] as const)('%s both ways', async (name) => {
    const client = new GrpcTestClient(open.port, {
      'grpc.default_compression_algorithm': compressionAlgorithms[name],
    });
    const values = new Array(100_000).fill(1);
    expect(floatsOf(await client.call('ModelInfer', inferRequest(values)))).toEqual(values);
    client.close();
  });

  /** The status of a call with this one message, as it is. */
  function statusOf(encoding: string, message: Buffer): Promise<string> {
    const prefix = Buffer.concat([Buffer.from([1]), uint32(message.length)]);
    const call = frame(0, 1, 1, Buffer.concat([prefix, message]));
    return new Promise((resolve) => {
      const socket = connect(open.port, '127.0.0.1');
      let text = '';
      socket.on('data', (piece) => {
        text += piece.toString('latin1');
        const found = /grpc-status.(\d+)\0.grpc-message.([^\0]*)/s.exec(text);
        if (!found) return;
        socket.destroy();
        resolve(`${found[1]} ${found[2]}`);
      });
      socket.write(Buffer.concat([HELLO, headers(1, [['grpc-encoding', encoding]]), call]));
    });
  }

  test('what unpacks to more than the limit is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(5 * 1024 * 1024));
    expect(await statusOf('gzip', bomb)).toMatch(/^8 .*larger once it is unpacked/s);
  });

  test('what is not of its coding, and a coding that is not known, are refused', async () => {
    expect(await statusOf('deflate', Buffer.from('no'))).toMatch(/^3 .*not valid deflate/s);
    expect(await statusOf('br', Buffer.from('no'))).toMatch(/^12 .*grpc-encoding "br"/s);
  });
});

test('a watched health is told again when it changes', async () => {
  const type = messageType('grpc.health.v1.HealthCheckResponse');
  const call = open.client.stream('/grpc.health.v1.Health/Watch', new Metadata());
  call.on('error', () => undefined);
  const next = (): Promise<unknown> =>
    new Promise((resolve) =>
      call.once('data', (bytes: Buffer) => resolve(decodeMessage(type, bytes).status)),
    );
  const first = next();
  call.write(Buffer.alloc(0));
  expect(await first).toBe(1);
  const second = next();
  open.dataPlane.ready = false;
  expect(await second).toBe(2);
  call.cancel();
});
