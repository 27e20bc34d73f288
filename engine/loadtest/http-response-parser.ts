/** `push` answers: the response is not complete yet. */
export const NEED_MORE = -1;
/** `push` answers: these bytes are not a well-formed HTTP/1.x response. The connection cannot be used further. */
export const MALFORMED = -2;

const MAX_HEAD_BYTES = 32 * 1024;
/** Of an error's body: enough for a code and a message. */
const MAX_ERROR_BODY_BYTES = 8 * 1024;
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

const IN_HEAD = 0;
const IN_BODY = 1;
const IN_BODY_UNTIL_CLOSE = 2;
const IN_CHUNK_SIZE = 3;
const IN_CHUNK_EXTENSION = 4;
const IN_CHUNK_SIZE_LF = 5;
const IN_CHUNK_DATA = 6;
const IN_CHUNK_DATA_CR = 7;
const IN_CHUNK_DATA_LF = 8;
const IN_TRAILER = 9;
const DONE = 10;

/**
 * Reads the HTTP/1.x responses of one connection, one after the other (RFC 9112), split anywhere. It keeps of a response
 * only what a load generator needs: status, whether the connection stays open, `Retry-After`, and of an error its code.
 *
 * It is strict where leniency would hide a broken server: lines end in CR LF, no folded headers, `Content-Length` is digits
 * and unambiguous, `Transfer-Encoding` is `chunked` alone. Bodies of good answers are counted and dropped. Nothing is allocated
 * for a good answer that arrives in one piece.
 */
export class HttpResponseParser {
  status = 0;
  keepAlive = true;
  /** Seconds of `Retry-After`; -1 when the response has none (or has a date). */
  retryAfterSeconds = -1;
  #state = IN_HEAD;
  /** Head bytes of earlier pieces. */
  #head: Uint8Array | null = null;
  #headLength = 0;
  /** Bytes of the body, or of the chunk, still to come. */
  #remaining = 0;
  #contentLength = -1;
  #chunked = false;
  #chunkDigits = 0;
  #trailerLineBytes = 0;
  #trailerBytes = 0;
  #errorHeader = '';
  #errorBody: Uint8Array[] | null = null;
  #errorBodyBytes = 0;

  /** Makes ready for the next response. */
  reset(): void {
    this.#state = IN_HEAD;
    this.#headLength = 0;
    this.#resetHead();
    this.#errorBody = null;
    this.#errorBodyBytes = 0;
  }

  /** True once any byte of the current response was seen. */
  get started(): boolean {
    return this.#state !== IN_HEAD || this.#headLength > 0;
  }

  /**
   * Takes the bytes of `[from, to)`. Gives the index behind the response when it is complete, else `NEED_MORE` (all were
   * taken) or `MALFORMED`.
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#state === IN_HEAD) {
      at = this.#takeHead(bytes, from, to);
      if (at < 0) return at;
    }
    if (this.#state === DONE) return at;
    if (this.#state === IN_BODY) return this.#takeBody(bytes, at, to);
    if (this.#state === IN_BODY_UNTIL_CLOSE) {
      this.#keepErrorBody(bytes, at, to);
      return NEED_MORE;
    }
    return this.#takeChunks(bytes, at, to);
  }

  /** The connection ended. True when that completes the response (a body without a length). */
  endOfStream(): boolean {
    return this.#state === IN_BODY_UNTIL_CLOSE;
  }

  /** The error's code: header `ferry-error-code`, else `code` in the JSON body; empty when there is none. */
  errorCode(): string {
    if (this.#errorHeader !== '') return this.#errorHeader;
    if (this.#errorBody === null) return '';
    return codeInJson(Buffer.concat(this.#errorBody).toString('utf8'));
  }

  #resetHead(): void {
    this.status = 0;
    this.keepAlive = true;
    this.retryAfterSeconds = -1;
    this.#contentLength = -1;
    this.#chunked = false;
    this.#errorHeader = '';
  }

  #takeHead(bytes: Uint8Array, from: number, to: number): number {
    if (this.#headLength === 0) {
      const end = endOfHead(bytes, from, to);
      if (end >= 0) return this.#readHead(bytes, from, end) ? this.#afterHead(bytes, end, to) : MALFORMED;
    }
    return this.#takeSplitHead(bytes, from, to);
  }

  /** The head came in pieces: collect it, then read it where it was collected. */
  #takeSplitHead(bytes: Uint8Array, from: number, to: number): number {
    const seen = this.#headLength;
    const taken = Math.min(to - from, MAX_HEAD_BYTES - seen);
    this.#head ??= new Uint8Array(MAX_HEAD_BYTES);
    this.#head.set(bytes.subarray(from, from + taken), seen);
    this.#headLength = seen + taken;
    const end = endOfHead(this.#head, Math.max(0, seen - 3), this.#headLength);
    if (end < 0) return this.#headLength === MAX_HEAD_BYTES ? MALFORMED : NEED_MORE;
    if (!this.#readHead(this.#head, 0, end)) return MALFORMED;
    return this.#afterHead(bytes, from + (end - seen), to);
  }

  /** Decides from a read head how the body is framed (RFC 9112, 6.3). */
  #afterHead(bytes: Uint8Array, at: number, to: number): number {
    const status = this.status;
    if (status < 200) {
      // An interim response: the real one follows. 101 would change the protocol, which nobody asked for.
      if (status === 101) return MALFORMED;
      this.#headLength = 0;
      this.#resetHead();
      return at === to ? NEED_MORE : this.#takeHead(bytes, at, to);
    }
    if (status === 204 || status === 304) this.#state = DONE;
    else if (this.#chunked) {
      this.#state = IN_CHUNK_SIZE;
      this.#chunkDigits = 0;
      this.#remaining = 0;
    } else if (this.#contentLength < 0) {
      this.#state = IN_BODY_UNTIL_CLOSE;
      this.keepAlive = false;
    } else {
      this.#remaining = this.#contentLength;
      this.#state = this.#remaining === 0 ? DONE : IN_BODY;
    }
    return at;
  }

  #takeBody(bytes: Uint8Array, at: number, to: number): number {
    const end = Math.min(to, at + this.#remaining);
    this.#keepErrorBody(bytes, at, end);
    this.#remaining -= end - at;
    if (this.#remaining > 0) return NEED_MORE;
    this.#state = DONE;
    return end;
  }

  #takeChunks(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.#state === IN_CHUNK_DATA) {
        const end = Math.min(to, at + this.#remaining);
        this.#keepErrorBody(bytes, at, end);
        this.#remaining -= end - at;
        if (this.#remaining === 0) this.#state = IN_CHUNK_DATA_CR;
        at = end;
        continue;
      }
      if (!this.#takeChunkFraming(bytes[at++] ?? 0)) return MALFORMED;
      if (this.#state === DONE) return at;
    }
    return NEED_MORE;
  }

  /** One byte that is not chunk data. False when it may not stand there. */
  #takeChunkFraming(byte: number): boolean {
    switch (this.#state) {
      case IN_CHUNK_SIZE:
        return this.#takeChunkSize(byte);
      case IN_CHUNK_EXTENSION:
        if (byte === CR) this.#state = IN_CHUNK_SIZE_LF;
        return byte !== LF && ++this.#chunkDigits < 1024;
      case IN_CHUNK_SIZE_LF:
        this.#state = this.#remaining === 0 ? IN_TRAILER : IN_CHUNK_DATA;
        this.#trailerLineBytes = 0;
        this.#trailerBytes = 0;
        return byte === LF;
      case IN_CHUNK_DATA_CR:
        this.#state = IN_CHUNK_DATA_LF;
        return byte === CR;
      case IN_CHUNK_DATA_LF:
        this.#state = IN_CHUNK_SIZE;
        this.#chunkDigits = 0;
        return byte === LF;
      default:
        return this.#takeTrailer(byte);
    }
  }

  #takeChunkSize(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#remaining = this.#remaining * 16 + digit;
      // 12 digits are 256 TiB: more is nonsense, and would leave the exact integers.
      return ++this.#chunkDigits <= 12;
    }
    if (this.#chunkDigits === 0) return false;
    if (byte === CR) this.#state = IN_CHUNK_SIZE_LF;
    else if (byte === 59 || byte === SPACE || byte === TAB) this.#state = IN_CHUNK_EXTENSION;
    else return false;
    return true;
  }

  /** Trailer lines are skipped up to the empty one. */
  #takeTrailer(byte: number): boolean {
    if (++this.#trailerBytes > MAX_HEAD_BYTES) return false;
    if (byte === LF) {
      if (this.#trailerLineBytes === 0) return false;
      // A line of CR alone ends the response; -1 marks "last byte was CR".
      if (this.#trailerLineBytes === -1) this.#state = DONE;
      this.#trailerLineBytes = 0;
      return true;
    }
    if (this.#trailerLineBytes === -1) return false;
    this.#trailerLineBytes = byte === CR && this.#trailerLineBytes === 0 ? -1 : this.#trailerLineBytes + 1;
    return true;
  }

  #keepErrorBody(bytes: Uint8Array, from: number, to: number): void {
    if (this.status < 400 || this.#errorBodyBytes >= MAX_ERROR_BODY_BYTES) return;
    const kept = bytes.slice(from, Math.min(to, from + MAX_ERROR_BODY_BYTES - this.#errorBodyBytes));
    this.#errorBody ??= [];
    this.#errorBody.push(kept);
    this.#errorBodyBytes += kept.length;
  }

  /** Status line and header lines of `[from, end)`, the empty line included. */
  #readHead(bytes: Uint8Array, from: number, end: number): boolean {
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
    switch (colon - from) {
      case 10:
        if (matches(bytes, from, 'connection')) this.#readConnection(text(bytes, colon + 1, end));
        return true;
      case 11:
        if (matches(bytes, from, 'retry-after')) this.#readRetryAfter(text(bytes, colon + 1, end));
        return true;
      case 14:
        return !matches(bytes, from, 'content-length') || this.#readContentLength(bytes, colon + 1, end);
      case 16:
        if (matches(bytes, from, 'ferry-error-code')) this.#errorHeader = asCode(text(bytes, colon + 1, end));
        return true;
      case 17:
        return !matches(bytes, from, 'transfer-encoding') || this.#readTransferEncoding(text(bytes, colon + 1, end));
      default:
        return true;
    }
  }

  #readConnection(value: string): void {
    for (const option of value.toLowerCase().split(',')) {
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
    if (this.#chunked || (this.#contentLength >= 0 && this.#contentLength !== length)) return false;
    this.#contentLength = length;
    return true;
  }

  #readTransferEncoding(value: string): boolean {
    if (value.toLowerCase() !== 'chunked' || this.#contentLength >= 0) return false;
    this.#chunked = true;
    return true;
  }
}

/** Index behind the empty line that ends a head, or -1. */
function endOfHead(bytes: Uint8Array, from: number, to: number): number {
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
function matches(bytes: Uint8Array, at: number, name: string): boolean {
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
  Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).latin1Slice().trim();

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Only a code is taken over from a server into our records, not any text. */
const asCode = (value: string): string => (/^[A-Z][A-Z0-9_]{1,47}$/.test(value) ? value : '');

function codeInJson(json: string): string {
  try {
    const body: unknown = JSON.parse(json);
    if (typeof body !== 'object' || body === null) return '';
    const { code, error } = body as { code?: unknown; error?: unknown };
    if (typeof code === 'string') return asCode(code);
    const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
    return typeof inner === 'string' ? asCode(inner) : '';
  } catch {
    return '';
  }
}
