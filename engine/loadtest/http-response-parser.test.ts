import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpResponseParser, MALFORMED, NEED_MORE } from './http-response-parser';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** Pushes `text` in pieces that end at `cuts`; gives what the last push said (an index counts from the beginning of `text`). */
function parse(parser: HttpResponseParser, text: string, cuts: readonly number[] = []) {
  const bytes = bytesOf(text);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    if (end === from && end !== bytes.length) continue;
    // Each piece in a buffer of its own, as a socket would give it, with other bytes around it.
    const piece = new Uint8Array(end - from + 5).fill(88);
    piece.set(bytes.subarray(from, end), 2);
    const said = parser.push(piece, 2, 2 + end - from);
    if (said !== NEED_MORE) return said === MALFORMED ? MALFORMED : from + said - 2;
    from = end;
  }
  return NEED_MORE;
}

const errorBody = '{"error":"queue full","code":"QUEUE_FULL"}';
const chunkedOf = (text: string, size: number, extension: string, trailer: string) => {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += size) {
    const part = text.slice(at, at + size);
    parts.push(`${part.length.toString(16)}${extension}\r\n${part}\r\n`);
  }
  return `${parts.join('')}0\r\n${trailer}\r\n`;
};

const bodies = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
  maxLength: 300,
});
const framed = fc
  .tuple(
    bodies,
    fc.boolean(),
    fc.integer({ min: 1, max: 64 }),
    fc.constantFrom('', ';a=b', ' ;x'),
    fc.constantFrom('', 'T: 1\r\n'),
  )
  .map(([body, chunked, size, extension, trailer]) =>
    chunked
      ? `Transfer-Encoding: chunked\r\n\r\n${chunkedOf(body, size, extension, trailer)}`
      : `content-length:${body.length}\r\n\r\n${body}`,
  );

describe('the response parser', () => {
  it('reads a response the same however it is cut, and finds exactly its end', () => {
    const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 });
    const statuses = fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304);
    fc.assert(
      fc.property(statuses, framed, cuts, fc.boolean(), (status, rest, where, interim) => {
        const parser = new HttpResponseParser();
        const before = interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
        const response = `${before}HTTP/1.1 ${status} Some Reason\r\nX-Other: 1\r\n${rest}`;
        expect(
          parse(
            parser,
            `${response}HTTP/1.1 200 next`,
            where.map((cut) => cut % response.length),
          ),
        ).toBe(response.length);
        expect(parser.head.status).toBe(status);
        expect(parser.head.keepAlive).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('reads one byte at a time', () => {
    const parser = new HttpResponseParser();
    const response = `HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedOf(errorBody, 5, '', 'A: b\r\n')}`;
    expect(
      parse(
        parser,
        response,
        [...response].map((_, i) => i),
      ),
    ).toBe(response.length);
    expect(parser.head.retryAfterSeconds).toBe(7);
    expect(parser.errorCode()).toBe('QUEUE_FULL');
  });

  it('is ready for the next response after a reset, whatever came before', () => {
    fc.assert(
      fc.property(framed, fc.nat({ max: 400 }), (rest, cut) => {
        const parser = new HttpResponseParser();
        const response = `HTTP/1.1 500 Bad\r\nConnection: close\r\nRetry-After: 3\r\n${rest}`;
        parse(parser, response.slice(0, cut % response.length));
        parser.reset();
        expect(parse(parser, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')).toBe(40);
        expect(parser.head).toMatchObject({ status: 200, keepAlive: true, retryAfterSeconds: -1 });
      }),
    );
  });

  it('never does anything but ask for more, refuse or finish, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, afterHead) => {
        const parser = new HttpResponseParser();
        if (afterHead) parse(parser, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const said = parser.push(noise, 0, noise.length);
        expect(said === NEED_MORE || said === MALFORMED || (said >= 0 && said <= noise.length)).toBe(true);
      }),
    );
  });

  it.each([
    ['204 has no body', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304 has no body, whatever its length says', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
    ['an empty reason', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n'],
    ['no reason at all', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'],
    ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx'],
  ])('accepts %s', (_, response) => {
    expect(parse(new HttpResponseParser(), response)).toBe(response.length);
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a version it does not know', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status that is not a number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a status out of range', 'HTTP/1.1 900 OK\r\n\r\n'],
    ['101, which nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: 1\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a lone LF', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
    ['a lone CR', 'HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx'],
    ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n'],
    ['a list as length', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx'],
    ['a huge length', 'HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\nx'],
    ['two lengths that differ', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    ['a length beside chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx'],
    ['chunks beside a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nx'],
    ['an encoding it does not know', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n'],
    ['a chunk size that is not hex', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
    ['an endless chunk size', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1'.repeat(13)}`],
    ['a head without end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(40_000)}`],
    [
      'trailers without end',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(10_000)}`,
    ],
  ])('refuses %s', (_, response) => {
    expect(parse(new HttpResponseParser(), response)).toBe(MALFORMED);
  });

  it('ends a body without a length where the connection ends', () => {
    const parser = new HttpResponseParser();
    expect(parse(parser, 'HTTP/1.1 200 OK\r\n\r\nsome')).toBe(NEED_MORE);
    expect(parser.endOfStream()).toBe(true);
    expect(parser.head.keepAlive).toBe(false);
    const cut = new HttpResponseParser();
    expect(parse(cut, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome')).toBe(NEED_MORE);
    expect(cut.endOfStream()).toBe(false);
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: Close\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'CONNECTION: x, Keep-Alive\r\n', true],
  ])('knows whether the connection stays open: %s %s', (version, header, keepAlive) => {
    const parser = new HttpResponseParser();
    parse(parser, `${version} 200 OK\r\n${header}Content-Length: 0\r\n\r\n`);
    expect(parser.head.keepAlive).toBe(keepAlive);
  });

  it.each([
    ['header', 'Ferry-Error-Code: QUEUE_FULL\r\n', '{}', 'QUEUE_FULL'],
    ['code in the body', '', errorBody, 'QUEUE_FULL'],
    ['code in an error object', '', '{"error":{"code":"INTERNAL"}}', 'INTERNAL'],
    ['only a text', '', '{"error":"no such model"}', ''],
    ['a code that is free text', '', '{"code":"<b>hello</b>"}', ''],
    ['a body that is not JSON', '', 'Bad Gateway', ''],
    ['a body that is not an object', '', 'null', ''],
  ])('takes the error code from the response: %s', (_, header, body, code) => {
    const parser = new HttpResponseParser();
    parse(parser, `HTTP/1.1 503 No\r\n${header}Content-Length: ${body.length}\r\n\r\n${body}`, [60, 70]);
    expect(parser.errorCode()).toBe(code);
  });
});
