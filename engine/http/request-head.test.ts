import { describe, expect, it } from 'vitest';
import { parseRequestHead } from './request-head';

const head = (...fields: string[]) =>
  parseRequestHead(['POST /v2 HTTP/1.1', 'Host: localhost', ...fields].join('\r\n'));

describe('a head', () => {
  it('gives method, target and fields by their lower-case names', () => {
    const parsed = parseRequestHead(
      'GET /v2/models/a%20b?x=1 HTTP/1.1\r\nHost: h:1\r\nX-A:  one two \r\nx-a: 3',
    );
    expect(parsed).toMatchObject({ method: 'GET', target: '/v2/models/a%20b?x=1', bodyLength: 0 });
    expect([...parsed.headers]).toEqual([
      ['host', 'h:1'],
      ['x-a', 'one two, 3'],
    ]);
  });

  it('tells how long the body is, or that it comes in chunks', () => {
    expect(head().bodyLength).toBe(0);
    expect(head('Content-Length: 42').bodyLength).toBe(42);
    expect(head('transfer-encoding: Chunked').bodyLength).toBeNull();
  });

  it('tells whether the connection goes on, by version and by what the client says', () => {
    expect(head().keepAlive).toBe(true);
    expect(head('Connection: foo, Close').keepAlive).toBe(false);
    expect(parseRequestHead('GET / HTTP/1.0\r\nHost: h')).toMatchObject({
      keepAlive: false,
      isVersion10: true,
    });
    expect(parseRequestHead('GET / HTTP/1.0\r\nConnection: keep-alive').keepAlive).toBe(true);
  });

  it('keeps names of the object prototype apart from its own', () => {
    expect(head('__proto__: x', 'constructor: y').headers.get('__proto__')).toBe('x');
    expect(head().headers.get('constructor')).toBeUndefined();
  });
});

describe('what two readers could read differently', () => {
  it.each([
    ['two lengths', 'Content-Length: 1', 'Content-Length: 1'],
    ['a length list', 'Content-Length: 1, 1'],
    ['a signed length', 'Content-Length: +1'],
    ['a hexadecimal length', 'Content-Length: 0x1'],
    ['an endless length', `Content-Length: ${'9'.repeat(16)}`],
    ['length and chunks', 'Content-Length: 1', 'Transfer-Encoding: chunked'],
    ['chunks twice', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['a coding that is not chunked', 'Transfer-Encoding: gzip, chunked'],
    ['a misspelt coding', 'Transfer-Encoding: xchunked'],
    ['space before the colon', 'Content-Length : 1'],
    ['a folded line', 'X: 1', ' Content-Length: 1'],
    ['no colon', 'nonsense'],
    ['no name', ': 1'],
    ['a line feed in a value', 'X: 1\nContent-Length: 1'],
    ['a carriage return in a value', 'X: 1\rContent-Length: 1'],
    ['a zero byte', 'X: 1\0'],
    ['a second Host', 'Host: other'],
  ])('%s is refused', (_, ...fields) => {
    expect(() => head(...fields)).toThrow();
  });

  it.each([
    'GET  / HTTP/1.1',
    'GET / HTTP/2.0',
    'GET / HTTP/1.1 ',
    'GET /a b HTTP/1.1',
    'GET /',
    ' GET / HTTP/1.1',
    'G(T / HTTP/1.1',
    'GET /\x7f HTTP/1.1',
    '',
  ])('a request line %j is refused', (line) => {
    expect(() => parseRequestHead(`${line}\r\nHost: h`)).toThrow(
      /not a valid HTTP request: the request line/,
    );
  });

  it('more than 100 fields are refused, with the limit', () => {
    expect(() => head(...Array.from({ length: 100 }, (_, i) => `X-${i}: 1`))).toThrow(
      /101 header fields, the limit is 100/,
    );
  });
});
