import type { FrameWriter } from './frame-writer';
import { CODE, StreamError, WINDOW_LIMIT } from './protocol';

/** Who takes what comes on a stream. */
export interface StreamConsumer {
  /** A part of the request's body; a view that is never written again. `isLast`: nothing follows (the view may be empty). */
  data(bytes: Buffer, isLast: boolean): void;
  /** Nothing came for too long although the request is not whole. */
  stalled(): void;
  /** The stream is gone before it was answered: reset by the client, or its connection ended. */
  lost(): void;
  /** No further requests are wanted; those under way are still answered. */
  stopping(): void;
}

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly writer: FrameWriter;
  readonly maxFrameBytes: number;
  /** Bytes of DATA that may go out on the connection now: flow control, and what the socket takes. */
  readonly sendableBytes: number;
  spend(bytes: number): void;
  /** It has data that has to wait. */
  blocked(stream: Http2Stream): void;
  closed(stream: Http2Stream): void;
}

/** What a client may send on one stream without being told to go on. */
export const STREAM_WINDOW_BYTES = 1024 * 1024;
/** Room is given back in steps of this. */
const CREDIT_BYTES = STREAM_WINDOW_BYTES / 4;

/** One stream of one connection: the request's body comes in by flow control, the answer goes out by it. */
export class Http2Stream {
  readonly id: number;
  consumer: StreamConsumer | null = null;
  /** When it was opened, or last brought something. */
  activeUs: number;
  readonly #host: StreamHost;
  #sendWindow: number;
  #receiveWindow = STREAM_WINDOW_BYTES;
  /** Taken in, and not given back as room. */
  #owedBytes = 0;
  #isPaused = false;
  #remoteEnded = false;
  #localEnded = false;
  #isClosed = false;
  /** Data that waits for room: from `#pieceAt` of the first piece on. */
  #pieces: Uint8Array[] = [];
  #pieceAt = 0;
  #queuedBytes = 0;
  #trailers: Buffer | null = null;

  constructor(id: number, host: StreamHost, sendWindow: number, nowUs: number) {
    this.id = id;
    this.#host = host;
    this.#sendWindow = sendWindow;
    this.activeUs = nowUs;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True as long as the client owes the rest of its request. */
  get isReceiving(): boolean {
    return !this.#remoteEnded && !this.#isPaused;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  headers(block: Buffer): void {
    if (!this.#localEnded) this.#host.writer.headers(this.id, block, false);
  }

  /** Sends body; `bytes` is the pieces' sum. What has no room waits. */
  send(pieces: readonly Uint8Array[], bytes: number): void {
    if (this.#localEnded) return;
    if (this.#queuedBytes === 0 && this.#fits(bytes)) {
      this.#spend(bytes);
      this.#host.writer.data(this.id, bytes);
      for (const piece of pieces) this.#host.writer.raw(piece);
      return;
    }
    for (const piece of pieces) if (piece.byteLength > 0) this.#pieces.push(piece);
    this.#queuedBytes += bytes;
    this.pump();
  }

  /** The last thing on the stream, after what waits. */
  end(trailers: Buffer): void {
    if (this.#localEnded) return;
    this.#localEnded = true;
    this.#trailers = trailers;
    this.pump();
  }

  /** Sends what there is room for. */
  pump(): void {
    while (this.#queuedBytes > 0) {
      const room = Math.min(this.#sendWindow, this.#host.sendableBytes);
      if (room <= 0) {
        this.#host.blocked(this);
        return;
      }
      this.#sendFrame(Math.min(room, this.#queuedBytes, this.#host.maxFrameBytes));
    }
    if (this.#trailers) this.#finish(this.#trailers);
  }

  /** Ends the stream at once. */
  reset(code: number): void {
    if (this.#isClosed) return;
    this.#host.writer.rstStream(this.id, code);
    this.#close();
  }

  /** The other side is gone, or has reset it. */
  lose(): void {
    if (this.#isClosed) return;
    this.#close();
    this.consumer?.lost();
  }

  receive(bytes: Buffer, flowBytes: number, endsStream: boolean): void {
    if (this.#remoteEnded)
      throw new StreamError(this.id, CODE.streamClosed, 'DATA after the end of the stream');
    this.#receiveWindow -= flowBytes;
    if (this.#receiveWindow < 0)
      throw new StreamError(this.id, CODE.flowControlError, 'more DATA than the window of the stream allows');
    this.#owedBytes += flowBytes;
    if (endsStream) this.#remoteEnded = true;
    else if (!this.#isPaused) this.#giveRoom();
    if (bytes.byteLength > 0 || endsStream) this.consumer?.data(bytes, endsStream);
  }

  /** The request ended without further data. */
  receiveEnd(): void {
    if (this.#remoteEnded)
      throw new StreamError(this.id, CODE.streamClosed, 'fields after the end of the stream');
    this.#remoteEnded = true;
    this.consumer?.data(Buffer.alloc(0), true);
  }

  /** No more room is given until `resume`: at most a window's worth still comes. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#remoteEnded && !this.#isClosed) this.#giveRoom();
  }

  /** The client takes `increment` more bytes; negative when it changed its settings. */
  widen(increment: number): void {
    this.#sendWindow += increment;
    if (this.#sendWindow > WINDOW_LIMIT)
      throw new StreamError(this.id, CODE.flowControlError, 'the window of the stream is too large');
  }

  #fits(bytes: number): boolean {
    const { maxFrameBytes, sendableBytes } = this.#host;
    return bytes <= this.#sendWindow && bytes <= sendableBytes && bytes <= maxFrameBytes;
  }

  #spend(bytes: number): void {
    this.#sendWindow -= bytes;
    this.#host.spend(bytes);
  }

  #sendFrame(bytes: number): void {
    const { writer } = this.#host;
    this.#spend(bytes);
    this.#queuedBytes -= bytes;
    writer.data(this.id, bytes);
    let left = bytes;
    let used = 0;
    while (left > 0) {
      const piece = this.#pieces[used] as Uint8Array;
      const count = Math.min(left, piece.byteLength - this.#pieceAt);
      writer.raw(piece.subarray(this.#pieceAt, this.#pieceAt + count));
      left -= count;
      this.#pieceAt += count;
      if (this.#pieceAt === piece.byteLength) {
        this.#pieceAt = 0;
        used++;
      }
    }
    if (used > 0) this.#pieces.splice(0, used);
  }

  #finish(trailers: Buffer): void {
    this.#trailers = null;
    this.#host.writer.headers(this.id, trailers, true);
    // The answer is whole and the rest of the request is not wanted (RFC 9113, 8.1).
    if (!this.#remoteEnded) this.#host.writer.rstStream(this.id, CODE.noError);
    this.#close();
  }

  #giveRoom(): void {
    if (this.#owedBytes < CREDIT_BYTES) return;
    this.#host.writer.windowUpdate(this.id, this.#owedBytes);
    this.#receiveWindow += this.#owedBytes;
    this.#owedBytes = 0;
  }

  #close(): void {
    this.#isClosed = true;
    this.#localEnded = true;
    this.#remoteEnded = true;
    this.#pieces = [];
    this.#queuedBytes = 0;
    this.#trailers = null;
    this.#host.closed(this);
  }
}
