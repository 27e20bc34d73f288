import { EngineError, invalid } from '../base';

const PREFIX_BYTES = 5;
const FIRST_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** One message as it was sent. */
export type MessageSink = (message: Buffer, isCompressed: boolean) => void;

/**
 * Cuts the body of a call into its messages (each with a prefix of five bytes). A message that came in one piece is a view on it;
 * one that came in several is put together by one copy, into memory that grows with what really came, whatever the prefix claims.
 */
export class MessageReader {
  readonly #limitBytes: number;
  readonly #sink: MessageSink;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixHave = 0;
  #isCompressed = false;
  #length = 0;
  #message = NOTHING;
  #have = 0;

  constructor(limitBytes: number, sink: MessageSink) {
    this.#limitBytes = limitBytes;
    this.#sink = sink;
  }

  /** True within a message: the client owes the rest. */
  get isMidway(): boolean {
    return this.#prefixHave > 0;
  }

  /** Throws PAYLOAD_TOO_LARGE as soon as a message says that it is, INVALID_ARGUMENT for a prefix that is none. */
  feed(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#prefixHave < PREFIX_BYTES) {
        const count = Math.min(PREFIX_BYTES - this.#prefixHave, bytes.byteLength - at);
        bytes.copy(this.#prefix, this.#prefixHave, at, at + count);
        this.#prefixHave += count;
        at += count;
        if (this.#prefixHave < PREFIX_BYTES) return;
        this.#begin();
        if (this.#length === 0) this.#pass(NOTHING);
        continue;
      }
      at += this.#take(bytes, at);
    }
  }

  #begin(): void {
    const flag = this.#prefix[0] as number;
    if (flag > 1)
      throw invalid(`the prefix of a message begins with ${flag}; 0 and 1 (compressed) are known`);
    this.#isCompressed = flag === 1;
    this.#length = this.#prefix.readUInt32BE(1);
    if (this.#length > this.#limitBytes)
      throw messageTooLarge(`the message has ${this.#length} bytes`, this.#limitBytes);
    this.#have = 0;
  }

  #take(bytes: Buffer, at: number): number {
    const count = Math.min(this.#length - this.#have, bytes.byteLength - at);
    if (count === this.#length) {
      this.#pass(bytes.subarray(at, at + count));
      return count;
    }
    const needed = this.#have + count;
    if (needed > this.#message.byteLength) this.#grow(needed);
    bytes.copy(this.#message, this.#have, at, at + count);
    this.#have = needed;
    if (needed === this.#length) this.#pass(this.#message.subarray(0, needed));
    return count;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(FIRST_BYTES, needed * 4)));
    this.#message.copy(grown, 0, 0, this.#have);
    this.#message = grown;
  }

  #pass(message: Buffer): void {
    this.#prefixHave = 0;
    this.#message = NOTHING;
    this.#sink(message, this.#isCompressed);
  }
}

export function messageTooLarge(what: string, limitBytes: number): EngineError {
  return new EngineError(
    'PAYLOAD_TOO_LARGE',
    `${what}, the limit is ${limitBytes} bytes; --max-request-bytes raises it`,
  );
}
