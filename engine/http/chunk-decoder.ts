import { EngineError, invalid } from '../base';

/** Non-empty chunks of a body that are taken; Triton's limit. */
const CHUNK_LIMIT = 65_536;
/** Longest line of a chunk's size with its extensions, and of a trailer field. */
const LINE_LIMIT_BYTES = 1024;
/** Trailer fields after the last chunk; they are thrown away. */
const TRAILER_LIMIT = 32;

const CR = 0x0d;
const LF = 0x0a;

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done';

/**
 * Takes a body in `Transfer-Encoding: chunked` apart (RFC 9112 §7.1), in whatever pieces it comes. Extensions and trailers are
 * read over. Throws INVALID_ARGUMENT for what is no chunk, PAYLOAD_TOO_LARGE for too many.
 */
export class ChunkDecoder {
  readonly #onData: (piece: Buffer) => void;
  #state: State = 'size';
  #left = 0;
  #chunks = 0;
  #trailers = 0;
  #line = '';

  /** @param onData gets views on what `feed` was given */
  constructor(onData: (piece: Buffer) => void) {
    this.#onData = onData;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** @returns how many bytes from `start` on belong to the body; fewer than there are only when it has ended. */
  feed(bytes: Buffer, start: number): number {
    let at = start;
    while (at < bytes.byteLength && this.#state !== 'done') {
      if (this.#state === 'data') at = this.#data(bytes, at);
      else at = this.#readLine(bytes, at);
    }
    return at - start;
  }

  #data(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#left, bytes.byteLength);
    this.#onData(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) this.#state = 'data-end';
    return end;
  }

  #readLine(bytes: Buffer, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.byteLength : lf;
    if (this.#line.length + end - at > LINE_LIMIT_BYTES) {
      throw invalid(
        `a chunk's size line or a trailer is longer than ${LINE_LIMIT_BYTES} bytes, which is the limit`,
      );
    }
    this.#line += bytes.toString('latin1', at, end);
    if (lf < 0) return end;
    const line = this.#line;
    this.#line = '';
    if (line.charCodeAt(line.length - 1) !== CR) throw notAChunk(line);
    this.#takeLine(line.slice(0, -1));
    return lf + 1;
  }

  #takeLine(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') throw notAChunk(line);
      this.#state = 'size';
    } else if (this.#state === 'size') this.#takeSize(line);
    else if (line === '') this.#state = 'done';
    else if (++this.#trailers > TRAILER_LIMIT)
      throw invalid(`the body has more than ${TRAILER_LIMIT} trailer fields`);
  }

  #takeSize(line: string): void {
    const [, digits] = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;.*)?$/.exec(line) ?? [];
    if (digits === undefined) throw notAChunk(line);
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
    if (this.#left > 0 && ++this.#chunks > CHUNK_LIMIT) {
      throw new EngineError(
        'PAYLOAD_TOO_LARGE',
        `the body came in more than ${CHUNK_LIMIT} chunks: use larger ones, or Content-Length`,
      );
    }
  }
}

function notAChunk(line: string): EngineError {
  return invalid(
    `this is not a valid HTTP request: a chunk begins with its size in hexadecimal digits, found ${JSON.stringify(line.slice(0, 40))}`,
  );
}
