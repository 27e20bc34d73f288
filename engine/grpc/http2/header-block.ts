import { CODE, ConnectionError, FLAG } from './protocol';

/** A block may be spread over this many frames; a client that needs more of them sends tiny ones on purpose. */
const FRAME_LIMIT = 16;
const PRIORITY_BYTES = 5;

/** Puts HEADERS and its CONTINUATION frames together. Bounded in bytes and in frames; throws ConnectionError. */
export class HeaderBlock {
  streamId = 0;
  endsStream = false;
  isOpen = false;
  /** The block, once its last frame is there; until `close`. */
  whole: Buffer | null = null;
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  begin(flags: number, streamId: number, payload: Buffer): void {
    if (streamId % 2 === 0)
      throw new ConnectionError(CODE.protocolError, `a client cannot open stream ${streamId}`);
    this.streamId = streamId;
    this.endsStream = (flags & FLAG.endStream) !== 0;
    this.isOpen = true;
    this.#add(flags, fragmentOf(flags, payload));
  }

  go(flags: number, streamId: number, payload: Buffer): void {
    if (!this.isOpen || streamId !== this.streamId)
      throw new ConnectionError(CODE.protocolError, 'CONTINUATION without HEADERS before it');
    if (this.#parts.length === FRAME_LIMIT) {
      throw new ConnectionError(
        CODE.enhanceYourCalm,
        `a block of fields has more than ${FRAME_LIMIT} frames, which is the limit`,
      );
    }
    this.#add(flags, payload);
  }

  close(): void {
    this.isOpen = false;
    this.whole = null;
    this.#parts = [];
    this.#bytes = 0;
  }

  #add(flags: number, part: Buffer): void {
    this.#bytes += part.byteLength;
    if (this.#bytes > this.#limitBytes) {
      throw new ConnectionError(
        CODE.enhanceYourCalm,
        `a block of fields has more than ${this.#limitBytes} bytes, which is the limit`,
      );
    }
    this.#parts.push(part);
    if (!(flags & FLAG.endHeaders)) return;
    this.whole = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
  }
}

/** The payload of HEADERS without padding and priority. */
function fragmentOf(flags: number, payload: Buffer): Buffer {
  let start = 0;
  let padding = 0;
  if (flags & FLAG.padded) {
    padding = payload[0] ?? 0;
    start = 1;
  }
  if (flags & FLAG.priority) start += PRIORITY_BYTES;
  if (start + padding > payload.byteLength)
    throw new ConnectionError(CODE.protocolError, 'HEADERS is shorter than its padding and priority');
  return payload.subarray(start, payload.byteLength - padding);
}
