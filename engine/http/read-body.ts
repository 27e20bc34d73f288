import type { IncomingMessage } from 'node:http';
import { EngineError } from '../base';

/** Non-empty pieces of a chunked body that are taken; Triton's limit. */
const CHUNK_LIMIT = 65_536;
/** A buffer up to this size is made at once; beyond, it grows with what really arrives, so that a claim alone costs nothing. */
const TRUSTED_BYTES = 8 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

/** Whether the head of a request announces a body. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Reads a request's body into one buffer. A body that arrived in one piece (most do) is that piece, not a copy.
 *
 * @param beforeBody called when the head is accepted, before the body is waited for
 * Rejects with PAYLOAD_TOO_LARGE (by Content-Length before anything is read, else as soon as the limit is passed) and with
 * CANCELLED when the client leaves in between.
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  beforeBody: () => void,
): Promise<Uint8Array> {
  const header = request.headers['content-length'];
  const declared = header === undefined ? null : Number(header);
  if (declared !== null && declared > limitBytes) {
    return Promise.reject(tooLarge(`the body has ${declared} bytes`, limitBytes));
  }
  beforeBody();
  return new Promise((resolve, reject) => {
    const collector = new BodyCollector(declared, limitBytes);
    const onData = (piece: Buffer) => {
      try {
        collector.add(piece);
      } catch (error) {
        request.off('data', onData);
        reject(error);
      }
    };
    request.on('data', onData);
    request.once('end', () => resolve(collector.body()));
    const onGone = () =>
      reject(new EngineError('CANCELLED', 'the client left before the request was complete'));
    request.once('error', onGone);
    // Every request closes; an error (with its stack) is made only for one that was cut off.
    request.once('close', () => request.complete || onGone());
  });
}

/** Puts the pieces of one body together. */
class BodyCollector {
  readonly #declared: number | null;
  readonly #limitBytes: number;
  #buffer: Buffer | null = null;
  #length = 0;
  #pieces = 0;

  constructor(declared: number | null, limitBytes: number) {
    this.#declared = declared;
    this.#limitBytes = limitBytes;
  }

  add(piece: Buffer): void {
    if (piece.byteLength === this.#declared) {
      this.#buffer = piece;
      this.#length = piece.byteLength;
      return;
    }
    if (this.#declared === null && ++this.#pieces > CHUNK_LIMIT) {
      throw new EngineError(
        'PAYLOAD_TOO_LARGE',
        `the body came in more than ${CHUNK_LIMIT} chunks: use larger ones, or Content-Length`,
      );
    }
    const needed = this.#length + piece.byteLength;
    if (needed > this.#limitBytes) throw tooLarge('the body is larger', this.#limitBytes);
    this.#reserve(needed).set(piece, this.#length);
    this.#length = needed;
  }

  body(): Uint8Array {
    return this.#buffer?.subarray(0, this.#length) ?? new Uint8Array(0);
  }

  #reserve(needed: number): Buffer {
    if (this.#buffer && needed <= this.#buffer.byteLength) return this.#buffer;
    // Slow: that is, of its own memory and not a slice of a pool.
    const grown = Buffer.allocUnsafeSlow(this.#capacityFor(needed));
    if (this.#buffer) grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    return grown;
  }

  #capacityFor(needed: number): number {
    if (this.#declared !== null && this.#declared <= TRUSTED_BYTES) return this.#declared;
    const grown = Math.max(this.#declared === null ? FIRST_BYTES : TRUSTED_BYTES, needed * 2);
    return Math.min(grown, this.#declared ?? this.#limitBytes);
  }
}

function tooLarge(what: string, limitBytes: number): EngineError {
  return new EngineError(
    'PAYLOAD_TOO_LARGE',
    `${what}, the limit is ${limitBytes} bytes; --max-request-bytes raises it`,
  );
}
