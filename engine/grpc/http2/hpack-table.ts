import { CODE, ConnectionError } from './protocol';

/** RFC 7541, appendix A: names and values by their index, 1 to 61. */
const STATIC: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => [':status', status] as const),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...[
    ...['accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow'],
    ...['authorization', 'cache-control', 'content-disposition', 'content-encoding', 'content-language'],
    ...['content-length', 'content-location', 'content-range', 'content-type', 'cookie', 'date', 'etag'],
    ...['expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range'],
    ...['if-unmodified-since', 'last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate'],
    ...['proxy-authorization', 'range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie'],
    ...['strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'],
  ].map((name) => [name, ''] as const),
];

/** What an entry counts for beside its text (RFC 7541, 4.1). */
export const ENTRY_OVERHEAD_BYTES = 32;

interface Entry {
  readonly name: string;
  readonly value: string;
}

/** The static and the dynamic table of one decoder, as one row of indexes. */
export class HpackTable {
  /** Newest last. */
  readonly #entries: Entry[] = [];
  readonly #limitBytes: number;
  #maxBytes: number;
  #bytes = 0;
  /** Grows with every change: what was decoded before holds as long as it stays. */
  generation = 0;

  /** @param limitBytes largest size that the other side may set */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#maxBytes = limitBytes;
  }

  name(index: number): string {
    return index <= STATIC.length && index > 0
      ? (STATIC[index - 1] as (typeof STATIC)[0])[0]
      : this.#dynamic(index).name;
  }

  value(index: number): string {
    return index <= STATIC.length && index > 0
      ? (STATIC[index - 1] as (typeof STATIC)[0])[1]
      : this.#dynamic(index).value;
  }

  add(name: string, value: string): void {
    const size = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    this.generation++;
    this.#evictTo(this.#maxBytes - size);
    // One that is larger than the table empties it, and is no error (RFC 7541, 4.4).
    if (size > this.#maxBytes) return;
    this.#entries.push({ name, value });
    this.#bytes += size;
  }

  resize(maxBytes: number): void {
    if (maxBytes > this.#limitBytes) {
      throw new ConnectionError(
        CODE.compressionError,
        `a dynamic table of ${maxBytes} bytes is wanted, the limit is ${this.#limitBytes}`,
      );
    }
    this.generation++;
    this.#maxBytes = maxBytes;
    this.#evictTo(maxBytes);
  }

  #evictTo(bytes: number): void {
    let count = 0;
    while (this.#bytes > bytes && count < this.#entries.length) {
      const { name, value } = this.#entries[count++] as Entry;
      this.#bytes -= name.length + value.length + ENTRY_OVERHEAD_BYTES;
    }
    if (count > 0) this.#entries.splice(0, count);
  }

  #dynamic(index: number): Entry {
    const entry = index > 0 ? this.#entries[this.#entries.length - (index - STATIC.length)] : undefined;
    if (!entry) throw new ConnectionError(CODE.compressionError, `header index ${index} does not exist`);
    return entry;
  }
}
