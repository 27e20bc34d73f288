import type { Socket } from 'node:net';
import { FLAG, FRAME, FRAME_HEADER_BYTES } from './protocol';

const SLAB_BYTES = 64 * 1024;
/** Longer pieces go out as they are; shorter ones are copied behind the frames around them, which is cheaper than a write each. */
const COPY_BYTES = 4096;

/**
 * Collects the frames of one connection and writes them once, at the end of the loop's turn in which they were made: the answers of
 * a whole batch are then one write to the socket, and system calls are most of what a small answer costs.
 */
export class FrameWriter {
  readonly #socket: Socket;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Of the slab: what is written to the socket already ends at `#from`, what waits ends at `#at`. */
  #from = 0;
  #at = 0;
  #chunks: Buffer[] = [];
  #waiting: NodeJS.Immediate | null = null;
  #chunkBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the other side has not taken. */
  get pendingBytes(): number {
    return this.#socket.writableLength + this.#chunkBytes + this.#at - this.#from;
  }

  /** @param block encoded fields, shorter than the smallest frame a client may insist on (16 KiB) */
  headers(streamId: number, block: Buffer, endsStream: boolean): void {
    const flags = FLAG.endHeaders | (endsStream ? FLAG.endStream : 0);
    this.#header(block.byteLength, FRAME.headers, flags, streamId);
    this.raw(block);
  }

  /** Begins a frame of `length` bytes, which `raw` brings. */
  data(streamId: number, length: number): void {
    this.#header(length, FRAME.data, 0, streamId);
  }

  raw(bytes: Uint8Array): void {
    const length = bytes.byteLength;
    if (length > COPY_BYTES) {
      this.#seal();
      this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, length));
      this.#chunkBytes += length;
      return;
    }
    this.#reserve(length);
    this.#slab.set(bytes, this.#at);
    this.#at += length;
  }

  rstStream(streamId: number, code: number): void {
    this.#header(4, FRAME.rstStream, 0, streamId);
    this.#uint32(code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#header(4, FRAME.windowUpdate, 0, streamId);
    this.#uint32(increment);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    this.#header(pairs.length * 6, FRAME.settings, 0, 0);
    for (const [id, value] of pairs) {
      this.#reserve(6);
      this.#at = this.#slab.writeUInt16BE(id, this.#at);
      this.#at = this.#slab.writeUInt32BE(value, this.#at);
    }
  }

  settingsAck(): void {
    this.#header(0, FRAME.settings, FLAG.ack, 0);
  }

  pingAck(payload: Buffer): void {
    this.#header(payload.byteLength, FRAME.ping, FLAG.ack, 0);
    this.raw(payload);
  }

  goaway(lastStreamId: number, code: number, reason: string): void {
    const text = Buffer.from(reason);
    this.#header(8 + text.byteLength, FRAME.goaway, 0, 0);
    this.#uint32(lastStreamId);
    this.#uint32(code);
    this.raw(text);
  }

  /** Writes what waits, now. */
  flush(): void {
    if (this.#waiting) clearImmediate(this.#waiting);
    this.#waiting = null;
    this.#seal();
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.#chunkBytes = 0;
    const [first] = chunks;
    if (chunks.length === 1 && first) this.#socket.write(first);
    else {
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    }
  }

  #header(length: number, type: number, flags: number, streamId: number): void {
    this.#waiting ??= setImmediate(() => this.flush());
    this.#reserve(FRAME_HEADER_BYTES);
    const slab = this.#slab;
    const at = this.#at;
    slab[at] = length >>> 16;
    slab[at + 1] = length >>> 8;
    slab[at + 2] = length;
    slab[at + 3] = type;
    slab[at + 4] = flags;
    this.#at += 5;
    this.#uint32(streamId);
  }

  #uint32(value: number): void {
    this.#reserve(4);
    this.#at = this.#slab.writeUInt32BE(value, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= SLAB_BYTES) return;
    this.#seal();
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#from = 0;
    this.#at = 0;
  }

  /** Makes a chunk of what the slab holds; the rest of the slab is used on, since what was handed over is never written again. */
  #seal(): void {
    if (this.#at === this.#from) return;
    this.#chunks.push(this.#slab.subarray(this.#from, this.#at));
    this.#chunkBytes += this.#at - this.#from;
    this.#from = this.#at;
  }
}
