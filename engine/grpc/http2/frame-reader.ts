import { CODE, ConnectionError, FLAG, FRAME, FRAME_HEADER_BYTES, PREFACE } from './protocol';

/** What a connection is made of, as it comes. Everything may throw; nothing is read after that. */
export interface FrameSink {
  /** A whole frame other than DATA. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void;
  /**
   * A part of a DATA frame, a view on what was received.
   *
   * @param flowBytes what flow control counts for it, padding included
   * @param endsStream true with the last part of the stream's last frame
   */
  data(streamId: number, bytes: Buffer, flowBytes: number, endsStream: boolean): void;
}

export interface FrameLimits {
  /** SETTINGS_MAX_FRAME_SIZE as announced. */
  readonly dataBytes: number;
  /** Longest payload of any other frame: those are put together before they are looked at. */
  readonly otherBytes: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Cuts what a client sends into frames (RFC 9113, 4.1), after its preface. Data is passed on as it comes and never copied; only
 * the frames that steer the connection are put together, and those are small.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #limits: FrameLimits;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #prefaceLeft = PREFACE.byteLength;
  /** Bytes of the header that are there; all of them while the payload is read. */
  #headerHave = 0;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Of the payload that is not there yet, without padding. */
  #left = 0;
  #padding = 0;
  /** The pad length is the next byte. */
  #padLengthNext = false;
  /** Flow control's bytes that were read but not passed on with data: the pad length's own byte. */
  #extraFlow = 0;
  #payload = NOTHING;
  #payloadHave = 0;

  constructor(sink: FrameSink, limits: FrameLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** True within the preface or a frame: the client owes the rest. */
  get isMidway(): boolean {
    return this.#prefaceLeft > 0 || this.#headerHave > 0;
  }

  /** Throws ConnectionError; what came after the frame at fault is lost. */
  feed(chunk: Buffer): void {
    let at = this.#prefaceLeft > 0 ? this.#readPreface(chunk) : 0;
    while (at < chunk.byteLength) {
      if (this.#headerHave < FRAME_HEADER_BYTES) at = this.#readHeader(chunk, at);
      else at = this.#type === FRAME.data ? this.#readData(chunk, at) : this.#readPayload(chunk, at);
    }
  }

  #readPreface(chunk: Buffer): number {
    const from = PREFACE.byteLength - this.#prefaceLeft;
    const count = Math.min(this.#prefaceLeft, chunk.byteLength);
    if (PREFACE.compare(chunk, 0, count, from, from + count) !== 0)
      throw new ConnectionError(CODE.protocolError, 'this is not the preface of an HTTP/2 connection');
    this.#prefaceLeft -= count;
    return count;
  }

  #readHeader(chunk: Buffer, at: number): number {
    if (this.#headerHave === 0 && chunk.byteLength - at >= FRAME_HEADER_BYTES) {
      this.#headerHave = FRAME_HEADER_BYTES;
      this.#begin(chunk, at);
      return at + FRAME_HEADER_BYTES;
    }
    const count = Math.min(FRAME_HEADER_BYTES - this.#headerHave, chunk.byteLength - at);
    chunk.copy(this.#header, this.#headerHave, at, at + count);
    this.#headerHave += count;
    if (this.#headerHave === FRAME_HEADER_BYTES) this.#begin(this.#header, 0);
    return at + count;
  }

  #begin(header: Buffer, at: number): void {
    const length = header.readUIntBE(at, 3);
    this.#type = header[at + 3] as number;
    this.#flags = header[at + 4] as number;
    this.#streamId = header.readUInt32BE(at + 5) & 0x7fffffff;
    this.#left = length;
    if (length > this.#limits.dataBytes) {
      throw new ConnectionError(
        CODE.frameSizeError,
        `a frame has ${length} bytes, the limit is ${this.#limits.dataBytes}`,
      );
    }
    if (this.#type === FRAME.data) this.#beginData(length);
    else this.#beginPayload(length);
  }

  #beginData(length: number): void {
    if (this.#streamId === 0) throw new ConnectionError(CODE.protocolError, 'DATA on stream 0');
    this.#padLengthNext = (this.#flags & FLAG.padded) !== 0;
    this.#padding = 0;
    this.#extraFlow = 0;
    if (this.#padLengthNext && length === 0)
      throw new ConnectionError(CODE.frameSizeError, 'padded DATA without a pad length');
    if (length === 0) this.#passData(NOTHING);
  }

  #beginPayload(length: number): void {
    if (length > this.#limits.otherBytes) {
      throw new ConnectionError(
        CODE.enhanceYourCalm,
        `a frame of type ${this.#type} has ${length} bytes, the limit is ${this.#limits.otherBytes}`,
      );
    }
    this.#payloadHave = 0;
    if (length === 0) this.#passFrame(NOTHING);
  }

  #readPayload(chunk: Buffer, at: number): number {
    const missing = this.#left - this.#payloadHave;
    if (this.#payloadHave === 0 && chunk.byteLength - at >= missing) {
      this.#passFrame(chunk.subarray(at, at + missing));
      return at + missing;
    }
    if (this.#payloadHave === 0) this.#payload = Buffer.allocUnsafe(this.#left);
    const count = Math.min(missing, chunk.byteLength - at);
    chunk.copy(this.#payload, this.#payloadHave, at, at + count);
    this.#payloadHave += count;
    if (this.#payloadHave === this.#left) this.#passFrame(this.#payload);
    return at + count;
  }

  #passFrame(payload: Buffer): void {
    this.#headerHave = 0;
    this.#payload = NOTHING;
    this.#sink.frame(this.#type, this.#flags, this.#streamId, payload);
  }

  #readData(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#padLengthNext) {
      this.#padding = chunk[at] as number;
      at++;
      this.#left--;
      if (this.#padding > this.#left)
        throw new ConnectionError(CODE.protocolError, 'the padding of a DATA frame is longer than the frame');
      this.#left -= this.#padding;
      this.#padLengthNext = false;
      this.#extraFlow = 1;
    }
    const count = Math.min(this.#left, chunk.byteLength - at);
    const bytes = chunk.subarray(at, at + count);
    this.#left -= count;
    at += count;
    const padding = this.#left === 0 ? Math.min(this.#padding, chunk.byteLength - at) : 0;
    this.#padding -= padding;
    this.#extraFlow += padding;
    if (count > 0 || this.#extraFlow > 0 || this.#isDataDone()) this.#passData(bytes);
    return at + padding;
  }

  #isDataDone(): boolean {
    return this.#left === 0 && this.#padding === 0 && !this.#padLengthNext;
  }

  #passData(bytes: Buffer): void {
    const flowBytes = bytes.byteLength + this.#extraFlow;
    this.#extraFlow = 0;
    const isDone = this.#isDataDone();
    if (isDone) this.#headerHave = 0;
    this.#sink.data(this.#streamId, bytes, flowBytes, isDone && (this.#flags & FLAG.endStream) !== 0);
  }
}
