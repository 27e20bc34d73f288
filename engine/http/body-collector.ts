import { EngineError } from '../base';
import type { BodyPool } from './body-pool';

/** A buffer up to this size is made at once; beyond, it grows with what really arrives, so that a claim alone costs nothing. */
const TRUSTED_BYTES = 8 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

/** Where the pieces of one body go. Made with what it is declared to have; throws PAYLOAD_TOO_LARGE. */
export interface BodySink {
  /** Bytes so far. */
  readonly length: number;
  add(piece: Buffer): void;
  body(): Uint8Array;
}

/** Of a body that nobody needs only the length is kept. */
export class BodyCounter implements BodySink {
  readonly #limitBytes: number;
  length = 0;

  constructor(declared: number | null, limitBytes: number) {
    this.#limitBytes = limitBytes;
    checkDeclared(declared, limitBytes);
  }

  add(piece: Buffer): void {
    this.length += piece.byteLength;
    if (this.length > this.#limitBytes) throw bodyTooLarge('the body is larger', this.#limitBytes);
  }

  body(): Uint8Array {
    return new Uint8Array(0);
  }
}

/** Puts the pieces of one body together. A body that arrives in one piece (most do) is that piece, not a copy. */
export class BodyCollector implements BodySink {
  /** Null: not known before it ends. */
  readonly #declared: number | null;
  readonly #limitBytes: number;
  readonly #pool: BodyPool | null;
  #buffer: Buffer | null = null;
  #length = 0;
  #isPooled = false;

  /**
   * Throws PAYLOAD_TOO_LARGE when the declared length alone is beyond the limit.
   *
   * @param pool where memory for a body comes from that is declared and comes in pieces, and where `release` gives it back
   */
  constructor(declared: number | null, limitBytes: number, pool: BodyPool | null = null) {
    this.#declared = declared;
    this.#limitBytes = limitBytes;
    this.#pool = pool;
    checkDeclared(declared, limitBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** Throws PAYLOAD_TOO_LARGE as soon as the limit is passed. */
  add(piece: Buffer): void {
    if (piece.byteLength === this.#declared) {
      this.#buffer = piece;
      this.#length = piece.byteLength;
      return;
    }
    const needed = this.#length + piece.byteLength;
    if (needed > this.#limitBytes) throw bodyTooLarge('the body is larger', this.#limitBytes);
    this.#reserve(needed).set(piece, this.#length);
    this.#length = needed;
  }

  body(): Uint8Array {
    return this.#buffer?.subarray(0, this.#length) ?? new Uint8Array(0);
  }

  /** Nobody reads what `body` gave any more. */
  release(): void {
    const buffer = this.#buffer;
    this.#buffer = null;
    if (buffer && this.#isPooled) this.#pool?.give(buffer);
  }

  #reserve(needed: number): Buffer {
    if (this.#buffer && needed <= this.#buffer.byteLength) return this.#buffer;
    if (this.#pool && this.#declared !== null && this.#declared <= TRUSTED_BYTES) {
      this.#isPooled = true;
      this.#buffer = this.#pool.take(this.#declared);
      return this.#buffer;
    }
    // Slow: that is, of its own memory and not a slice of Node's pool.
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

function checkDeclared(declared: number | null, limitBytes: number): void {
  if (declared !== null && declared > limitBytes)
    throw bodyTooLarge(`the body has ${declared} bytes`, limitBytes);
}

export function bodyTooLarge(what: string, limitBytes: number): EngineError {
  return new EngineError(
    'PAYLOAD_TOO_LARGE',
    `${what}, the limit is ${limitBytes} bytes; --max-request-bytes raises it`,
  );
}
