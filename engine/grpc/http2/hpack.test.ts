import { once } from 'node:events';
import { connect } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader } from './frame-reader';
import { FrameWriter } from './frame-writer';
import { HpackDecoder } from './hpack-decoder';
import { encodeHeaders } from './hpack-encoder';
import { CODE, ConnectionError, FRAME } from './protocol';

const value = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const fieldName = fc
  .string({ unit: fc.constantFrom(...'abcdefghijklmnop-0123456789'), minLength: 1, maxLength: 20 })
  .map((text) => `x-${text}`);

/** Blocks of fields as Node's own client encodes them (Huffman, dynamic table), one for each request on one connection. */
async function blocksOf(requests: readonly Readonly<Record<string, string>>[]): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  let done = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const server = createServer((socket) => {
    const writer = new FrameWriter(socket);
    writer.settings([]);
    const reader = new FrameReader(
      {
        frame: (type, _flags, _streamId, payload) => {
          if (type === FRAME.headers && blocks.push(Buffer.from(payload)) === requests.length) done();
        },
        data: () => undefined,
      },
      { dataBytes: 1 << 20, otherBytes: 1 << 20 },
    );
    socket.on('data', (chunk: Buffer) => reader.feed(chunk));
    socket.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => undefined);
  for (const headers of requests) client.request({ ':path': '/a', ...headers }).on('error', () => undefined);
  await all;
  client.destroy();
  server.close();
  return blocks;
}

test('what Node’s client encodes is decoded to the same fields, with its dynamic table and Huffman codes', async () => {
  const every = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => i + 0x20));
  const sample = fc.sample(fc.dictionary(fieldName, value, { maxKeys: 8, noNullPrototype: true }), {
    numRuns: 200,
    seed: 7,
  });
  const requests = [
    ...sample,
    { 'x-all': `0${every}0` },
    { 'x-high': '\u00e9\u00ff\u00bf' },
    ...sample.slice(0, 20),
  ];
  const decoder = new HpackDecoder(64 * 1024);
  const lists = (await blocksOf(requests)).map((block) => decoder.decode(block));
  lists.forEach(({ fields, isTooLarge }, i) => {
    const read: Record<string, string> = {};
    for (let at = 0; at < fields.length; at += 2) read[fields[at]!] = fields[at + 1]!;
    const wanted = Object.fromEntries(Object.entries(requests[i]!).map(([key, text]) => [key, text.trim()]));
    expect(Object.fromEntries(Object.entries(read).map(([key, text]) => [key, text.trim()]))).toMatchObject(
      wanted,
    );
    expect(isTooLarge).toBe(false);
  });
});

test('what is encoded here is decoded here', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fieldName, value), { maxLength: 10 }), (fields) => {
      expect(new HpackDecoder(1 << 20).decode(encodeHeaders(fields)).fields).toEqual(fields.flat());
    }),
  );
});

test('whatever bytes a block has, it is decoded or ends the connection with COMPRESSION_ERROR', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        new HpackDecoder(4096).decode(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(ConnectionError);
        expect((error as ConnectionError).code).toBe(CODE.compressionError);
      }
    }),
    { numRuns: 5000 },
  );
});

test('frames are the same however the bytes are cut', () => {
  const frame = (type: number, flags: number, id: number, payload: Uint8Array) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(id, 5);
    return Buffer.concat([head, payload]);
  };
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const frames = fc.array(
    fc.record({
      type: fc.constantFrom(0, 1, 6, 8),
      padding: fc.option(fc.nat(20), { nil: null }),
      payload: fc.uint8Array({ maxLength: 60 }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (list, cuts) => {
      const bytes = Buffer.concat([
        preface,
        ...list.map(({ type, padding, payload }) =>
          type === 0 && padding !== null
            ? frame(0, 8, 1, Buffer.concat([Buffer.from([padding]), payload, Buffer.alloc(padding)]))
            : frame(type, 0, 1, payload),
        ),
      ]);
      const seen: { type: number; payload: number[]; flow: number }[] = [];
      let isOpen = false;
      let left = 0;
      const wire = list.map(
        ({ type, padding, payload }) => payload.length + (type === 0 && padding !== null ? padding + 1 : 0),
      );
      const reader = new FrameReader(
        {
          frame: (type, _flags, _id, payload) =>
            seen.push({ type, payload: [...payload], flow: payload.length }),
          data: (_id, part, flow) => {
            if (!isOpen) {
              left = wire[seen.length]!;
              seen.push({ type: 0, payload: [], flow: 0 });
            }
            const last = seen.at(-1)!;
            last.payload.push(...part);
            last.flow += flow;
            left -= flow;
            isOpen = left > 0;
          },
        },
        { dataBytes: 1000, otherBytes: 1000 },
      );
      for (let at = 0; at < bytes.length; ) {
        const { value: count } = cuts.next();
        reader.feed(bytes.subarray(at, at + count));
        at += count;
      }
      expect(seen).toEqual(
        list.map(({ type, payload }, i) => ({ type, payload: [...payload], flow: wire[i] })),
      );
      expect(reader.isMidway).toBe(false);
    }),
    { numRuns: 500 },
  );
});
