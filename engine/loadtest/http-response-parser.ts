import { asCode, endOfHead, HttpResponseHead, matches } from './http-response-head';

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
  readonly head = new HttpResponseHead();
  #state = IN_HEAD;
  /** Head bytes of earlier pieces. */
  #split: Uint8Array | null = null;
  #splitLength = 0;
  /** Bytes of the body, or of the chunk, still to come. */
  #remaining = 0;
  #chunkDigits = 0;
  #trailerLineBytes = 0;
  #trailerBytes = 0;
  #errorBody: Uint8Array[] | null = null;
  #errorBodyBytes = 0;

  /** Makes ready for the next response. */
  reset(): void {
    this.#state = IN_HEAD;
    this.#splitLength = 0;
    this.head.reset();
    this.#errorBody = null;
    this.#errorBodyBytes = 0;
  }

  /** True once any byte of the current response was seen. */
  get started(): boolean {
    return this.#state !== IN_HEAD || this.#splitLength > 0;
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
    if (this.head.errorCode !== '') return this.head.errorCode;
    if (this.#errorBody === null) return '';
    return codeInJson(Buffer.concat(this.#errorBody).toString('utf8'));
  }

  #takeHead(bytes: Uint8Array, from: number, to: number): number {
    if (this.#splitLength === 0) {
      const end = endOfHead(bytes, from, to);
      if (end >= 0) return this.head.read(bytes, from, end) ? this.#afterHead(bytes, end, to) : MALFORMED;
    }
    return this.#takeSplitHead(bytes, from, to);
  }

  /** The head came in pieces: collect it, then read it where it was collected. */
  #takeSplitHead(bytes: Uint8Array, from: number, to: number): number {
    const seen = this.#splitLength;
    const taken = Math.min(to - from, MAX_HEAD_BYTES - seen);
    this.#split ??= new Uint8Array(MAX_HEAD_BYTES);
    this.#split.set(bytes.subarray(from, from + taken), seen);
    this.#splitLength = seen + taken;
    // Something that is not HTTP at all is known by its first bytes: do not wait for a head that never ends.
    if (!matches(this.#split, 0, 'HTTP/1.'.slice(0, this.#splitLength))) return MALFORMED;
    const end = endOfHead(this.#split, Math.max(0, seen - 3), this.#splitLength);
    if (end < 0) return this.#splitLength === MAX_HEAD_BYTES ? MALFORMED : NEED_MORE;
    if (!this.head.read(this.#split, 0, end)) return MALFORMED;
    return this.#afterHead(bytes, from + (end - seen), to);
  }

  /** Decides from a read head how the body is framed (RFC 9112, 6.3). */
  #afterHead(bytes: Uint8Array, at: number, to: number): number {
    const status = this.head.status;
    if (status < 200) {
      // An interim response: the real one follows. 101 would change the protocol, which nobody asked for.
      if (status === 101) return MALFORMED;
      this.#splitLength = 0;
      this.head.reset();
      return at === to ? NEED_MORE : this.#takeHead(bytes, at, to);
    }
    if (status === 204 || status === 304) this.#state = DONE;
    else if (this.head.chunked) {
      this.#state = IN_CHUNK_SIZE;
      this.#chunkDigits = 0;
      this.#remaining = 0;
    } else if (this.head.contentLength < 0) {
      this.#state = IN_BODY_UNTIL_CLOSE;
      this.head.keepAlive = false;
    } else {
      this.#remaining = this.head.contentLength;
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
    if (this.head.status < 400 || this.#errorBodyBytes >= MAX_ERROR_BODY_BYTES) return;
    const kept = bytes.slice(from, Math.min(to, from + MAX_ERROR_BODY_BYTES - this.#errorBodyBytes));
    this.#errorBody ??= [];
    this.#errorBody.push(kept);
    this.#errorBodyBytes += kept.length;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function codeInJson(json: string): string {
  try {
    const body: unknown = JSON.parse(json);
    if (typeof body !== 'object' || body === null) return '';
    const { code, error } = body as { code?: unknown; error?: unknown };
    if (typeof code === 'string') return asCode(code);
    const inner =
      typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
    return typeof inner === 'string' ? asCode(inner) : '';
  } catch {
    return '';
  }
}
