import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChunkDecoder } from './chunk-decoder';

/** What a decoder makes of bytes that come in pieces; null when they are not a whole body. */
function decode(pieces: readonly Buffer[]): { body: Buffer; rest: Buffer } | null {
  const found: Buffer[] = [];
  const decoder = new ChunkDecoder((piece) => found.push(Buffer.from(piece)));
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    const taken = decoder.feed(piece, 0);
    rest.push(piece.subarray(taken));
  }
  return decoder.isDone ? { body: Buffer.concat(found), rest: Buffer.concat(rest) } : null;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.byteLength + 1)), bytes.byteLength].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

it('puts together what was sent, wherever it is cut, and leaves alone what follows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.constantFrom('', 'X-Trailer: 1\r\n'),
      fc.uint8Array({ maxLength: 10 }),
      (chunks, places, trailer, following) => {
        const body = Buffer.concat([
          ...chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.byteLength.toString(16)};note=x\r\n`),
            Buffer.from(chunk),
            Buffer.from('\r\n'),
          ]),
          Buffer.from(`0\r\n${trailer}\r\n`),
        ]);
        const decoded = decode(cut(Buffer.concat([body, following]), places));
        expect(decoded?.body).toEqual(Buffer.concat(chunks));
        expect(decoded?.rest).toEqual(Buffer.from(following));
      },
    ),
  );
});

it.each([
  'zz\r\n',
  '-1\r\n',
  '0x1\r\n',
  '\r\n',
  ' 1\r\n',
  '1\n',
  '1\r\nab',
  `${'f'.repeat(14)}\r\n`,
  'x'.repeat(1100),
])('%j is no chunk', (text) => {
  const decoder = new ChunkDecoder(() => undefined);
  expect(() => {
    decoder.feed(Buffer.from(text), 0);
    decoder.feed(Buffer.from('c\r\n'), 0);
  }).toThrow();
});

it('takes no endless trailers', () => {
  const decoder = new ChunkDecoder(() => undefined);
  expect(() => decoder.feed(Buffer.from(`0\r\n${'A: b\r\n'.repeat(40)}`), 0)).toThrow(/trailer/);
});
