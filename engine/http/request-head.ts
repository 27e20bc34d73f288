import { EngineError, invalid } from '../base';

/** Largest head of a request: request line and headers. */
export const HEAD_LIMIT_BYTES = 16 * 1024;
/** Most header fields of a request. */
const FIELD_LIMIT = 100;
const SHOWN_CHARACTERS = 60;

/** Header fields by their lower-case name. Repeated ones are joined by ", ", as RFC 9110 §5.3 allows. */
export type RequestHeaders = ReadonlyMap<string, string>;

/** What stands before the body of a request, parsed. */
export interface RequestHead {
  readonly method: string;
  /** As sent: path and query, percent-encoded. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Bytes of the body; 0 without one; null when it is chunked. */
  readonly bodyLength: number | null;
  /** Whether the client would go on using the connection. */
  readonly keepAlive: boolean;
  /** An HTTP/1.0 client has to be told that the connection stays open. */
  readonly isVersion10: boolean;
  /** `Expect: 100-continue`: the client waits for leave to send the body. */
  readonly awaitsContinue: boolean;
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP\/1\.([01])$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Control characters (the tab aside) have no place in a value; bytes from 0x80 on are let through, as RFC 9110 has it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BAD_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;
/** Said twice, two readers of one request could each believe another one: such requests are refused, not guessed at. */
const ONLY_ONCE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'inference-header-content-length',
  'origin',
]);

/**
 * The head of a request, without the empty line that ends it, by RFC 9112. Strict, since what stands before this server may read
 * leniently: bare line feeds, space before the colon, folded lines, both a length and chunks, and codings other than `chunked`
 * are all refused.
 *
 * Throws INVALID_ARGUMENT, HEADERS_TOO_LARGE for too many fields, UNSUPPORTED for a transfer coding.
 */
export function parseRequestHead(text: string): RequestHead {
  const lines = text.split('\r\n');
  const [, method = '', target = '', minor = ''] = REQUEST_LINE.exec(lines[0] ?? '') ?? [];
  if (method === '') throw malformed(`the request line is ${shown(lines[0] ?? '')}`);
  if (lines.length > FIELD_LIMIT + 1) {
    throw new EngineError(
      'HEADERS_TOO_LARGE',
      `the request has ${lines.length - 1} header fields, the limit is ${FIELD_LIMIT}`,
    );
  }
  const headers = new Map<string, string>();
  for (let i = 1; i < lines.length; i++) addField(headers, lines[i] ?? '');
  const isVersion10 = minor === '0';
  return {
    method,
    target,
    headers,
    bodyLength: bodyLengthOf(headers, isVersion10),
    keepAlive: keepsAlive(headers.get('connection'), isVersion10),
    isVersion10,
    awaitsContinue: awaitsContinue(headers.get('expect'), isVersion10),
  };
}

function addField(headers: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!FIELD_NAME.test(name)) throw malformed(`a header field is ${shown(line)}`);
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (BAD_VALUE.test(value)) throw malformed(`the header ${name} has a control character in its value`);
  const key = name.toLowerCase();
  const before = headers.get(key);
  if (before !== undefined && ONLY_ONCE.has(key)) throw malformed(`the header ${name} is given twice`);
  headers.set(key, before === undefined ? value : `${before}, ${value}`);
}

function bodyLengthOf(headers: RequestHeaders, isVersion10: boolean): number | null {
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined) {
    if (length !== undefined) throw malformed('both Content-Length and Transfer-Encoding are given');
    if (coding.toLowerCase() !== 'chunked')
      throw new EngineError(
        'UNSUPPORTED',
        `Transfer-Encoding ${shown(coding)} is not supported, "chunked" is`,
      );
    if (isVersion10) throw malformed('Transfer-Encoding does not exist in HTTP/1.0');
    return null;
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw malformed(`Content-Length is ${shown(length)}`);
  return Number(length);
}

function keepsAlive(connection: string | undefined, isVersion10: boolean): boolean {
  if (connection === undefined) return !isVersion10;
  const options = connection.toLowerCase();
  if (/(?:^|,)\s*close\s*(?:,|$)/.test(options)) return false;
  return !isVersion10 || /(?:^|,)\s*keep-alive\s*(?:,|$)/.test(options);
}

function awaitsContinue(expect: string | undefined, isVersion10: boolean): boolean {
  if (expect === undefined) return false;
  if (expect.toLowerCase() !== '100-continue') throw invalid(`Expect: ${shown(expect)} cannot be met`);
  return !isVersion10;
}

function malformed(what: string): EngineError {
  return invalid(`this is not a valid HTTP request: ${what}`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
