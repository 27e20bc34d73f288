const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

/** Status line and headers of one HTTP/1.x response: the few that a load generator acts on. */
export class HttpResponseHead {
  status = 0;
  keepAlive = true;
  /** Seconds of `Retry-After`; -1 when the response has none (or has a date). */
  retryAfterSeconds = -1;
  /** -1 when the head names none. */
  contentLength = -1;
  chunked = false;
  /** Of the header `ferry-error-code`; empty when there is none. */
  errorCode = '';

  reset(): void {
    this.status = 0;
    this.keepAlive = true;
    this.retryAfterSeconds = -1;
    this.contentLength = -1;
    this.chunked = false;
    this.errorCode = '';
  }

  /** Reads a whole head, the empty line included. False when it is malformed. */
  read(bytes: Uint8Array, from: number, end: number): boolean {
    if (!this.#readStatusLine(bytes, from)) return false;
    let at = from + 12;
    // The reason phrase is for people; it only may not hold a lone CR or LF, which `lineEnd` finds.
    at = lineEnd(bytes, at, end);
    while (at >= 0 && at < end - 2) {
      const stop = lineEnd(bytes, at, end);
      if (stop < 0 || !this.#readHeader(bytes, at, stop - 2)) return false;
      at = stop;
    }
    return at >= 0;
  }

  #readStatusLine(bytes: Uint8Array, at: number): boolean {
    if (!matches(bytes, at, 'HTTP/1.')) return false;
    const minor = (bytes[at + 7] ?? 0) - 48;
    if (minor !== 0 && minor !== 1) return false;
    const hundreds = (bytes[at + 9] ?? 0) - 48;
    const tens = (bytes[at + 10] ?? 0) - 48;
    const ones = (bytes[at + 11] ?? 0) - 48;
    const after = bytes[at + 12];
    if (bytes[at + 8] !== SPACE || (after !== SPACE && after !== CR)) return false;
    if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return false;
    this.status = hundreds * 100 + tens * 10 + ones;
    this.keepAlive = minor === 1;
    return true;
  }

  /** One header line of `[from, end)`, its CR LF excluded. */
  #readHeader(bytes: Uint8Array, from: number, end: number): boolean {
    let colon = from;
    while (colon < end && bytes[colon] !== COLON) {
      if ((bytes[colon] ?? 0) <= SPACE) return false;
      colon++;
    }
    if (colon === from || colon === end) return false;
    // The length tells nearly all headers apart from those that matter here.
    const length = colon - from;
    if (length === 14 && matches(bytes, from, 'content-length'))
      return this.#readContentLength(bytes, colon + 1, end);
    if (length === 17 && matches(bytes, from, 'transfer-encoding'))
      return this.#readTransferEncoding(text(bytes, colon + 1, end));
    this.#readOptionalHeader(bytes, from, colon, end);
    return true;
  }

  /** Headers that cannot make a response malformed. */
  #readOptionalHeader(bytes: Uint8Array, from: number, colon: number, end: number): void {
    const length = colon - from;
    if (length === 10 && matches(bytes, from, 'connection')) this.#readConnection(bytes, colon + 1, end);
    if (length === 11 && matches(bytes, from, 'retry-after'))
      this.#readRetryAfter(text(bytes, colon + 1, end));
    if (length === 16 && matches(bytes, from, 'ferry-error-code'))
      this.errorCode = asCode(text(bytes, colon + 1, end));
  }

  #readConnection(bytes: Uint8Array, from: number, end: number): void {
    // What servers send with nearly every answer, without making a string of it.
    if (end - from === 11 && bytes[from] === SPACE && matches(bytes, from + 1, 'keep-alive')) {
      this.keepAlive = true;
      return;
    }
    for (const option of text(bytes, from, end).toLowerCase().split(',')) {
      if (option.trim() === 'close') this.keepAlive = false;
      if (option.trim() === 'keep-alive') this.keepAlive = true;
    }
  }

  #readRetryAfter(value: string): void {
    if (/^\d{1,9}$/.test(value)) this.retryAfterSeconds = Number(value);
  }

  #readContentLength(bytes: Uint8Array, from: number, end: number): boolean {
    let at = from;
    let stop = end;
    while (at < stop && isBlank(bytes[at])) at++;
    while (stop > at && isBlank(bytes[stop - 1])) stop--;
    if (at === stop || stop - at > 15) return false;
    let length = 0;
    for (; at < stop; at++) {
      const digit = (bytes[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) return false;
      length = length * 10 + digit;
    }
    if (this.chunked || (this.contentLength >= 0 && this.contentLength !== length)) return false;
    this.contentLength = length;
    return true;
  }

  #readTransferEncoding(value: string): boolean {
    if (value.toLowerCase() !== 'chunked' || this.contentLength >= 0) return false;
    this.chunked = true;
    return true;
  }
}

/** Index behind the empty line that ends a head, or -1. */
export function endOfHead(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from + 3; i < to; i++) {
    if (bytes[i] === LF && bytes[i - 1] === CR && bytes[i - 2] === LF && bytes[i - 3] === CR) return i + 1;
  }
  return -1;
}

/** Index behind the CR LF that ends a line; -1 when a CR or LF stands alone before it. */
function lineEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte === LF) return -1;
    if (byte === CR) return bytes[i + 1] === LF ? i + 2 : -1;
  }
  return -1;
}

/** Whether `name` (lower case, but for the status line's own letters) stands at `at`, in any case. */
export function matches(bytes: Uint8Array, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[at + i] ?? 0;
    const lower = byte >= 65 && byte <= 90 ? byte | 0x20 : byte;
    const expected = name.charCodeAt(i);
    if (lower !== expected && byte !== expected) return false;
  }
  return true;
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

const text = (bytes: Uint8Array, from: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from)
    .toString('latin1')
    .trim();

/** Only a code is taken over from a server into our records, not any text. */
export const asCode = (value: string): string => (/^[A-Z][A-Z0-9_]{1,47}$/.test(value) ? value : '');
