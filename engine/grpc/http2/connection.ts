import type { Socket } from 'node:net';
import { FloodGuard } from './flood-guard';
import { FrameReader, type FrameSink } from './frame-reader';
import { FrameWriter } from './frame-writer';
import { HeaderBlock } from './header-block';
import { type HeaderList, HpackDecoder } from './hpack-decoder';
import {
  CODE,
  ConnectionError,
  DEFAULT_WINDOW,
  FLAG,
  FRAME,
  SETTING,
  StreamError,
  WINDOW_LIMIT,
} from './protocol';
import { PeerSettings } from './settings';
import { Http2Stream, STREAM_WINDOW_BYTES, type StreamConsumer, type StreamHost } from './stream';

/** What a connection needs of who serves it. */
export interface ConnectionHost {
  nowUs(): number;
  /** A request begins. May answer at once. Throws StreamError for one that is malformed. */
  open(stream: Http2Stream, headers: HeaderList): StreamConsumer;
}

export interface Http2Timeouts {
  /** For the preface, and for what was begun: a frame, a block of fields. */
  readonly frameMs: number;
  /** For a request to go on, and for a client to take what waits for it. */
  readonly stallMs: number;
}

type FrameHandler = (flags: number, streamId: number, payload: Buffer) => void;

const MAX_STREAMS = 1024;
const MAX_DATA_FRAME_BYTES = 1024 * 1024;
const HEADER_LIST_BYTES = 64 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
const CREDIT_BYTES = CONNECTION_WINDOW_BYTES / 4;
/** Data is held back in the streams while this much waits in the socket. */
const SOCKET_BYTES = 1024 * 1024;
/** Nothing is read while this much waits: a client that does not take its answers gets no more of them. */
const STOP_READING_BYTES = 4 * 1024 * 1024;

/**
 * One HTTP/2 connection with prior knowledge (RFC 9113), server's side, on a bare socket: what gRPC needs of it and no more. No push,
 * no priorities (obsolete since RFC 9113), no upgrade from HTTP/1. Why not Node's own: docs/adr/0015-http2-on-sockets.md.
 */
export class Http2Connection implements FrameSink, StreamHost {
  readonly writer: FrameWriter;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #reader = new FrameReader(this, {
    dataBytes: MAX_DATA_FRAME_BYTES,
    otherBytes: HEADER_LIST_BYTES,
  });
  readonly #hpack = new HpackDecoder(HEADER_LIST_BYTES);
  readonly #peer = new PeerSettings();
  readonly #guard: FloodGuard;
  readonly #block = new HeaderBlock(HEADER_LIST_BYTES);
  readonly #streams = new Map<number, Http2Stream>();
  /** Streams with data that waits, in the order in which they came to wait. */
  readonly #blocked = new Set<Http2Stream>();
  /** What to do with a frame, by its type. */
  readonly #handlers: Readonly<Record<number, FrameHandler>> = {
    [FRAME.headers]: (flags, streamId, payload) => {
      this.#block.begin(flags, streamId, payload);
      this.#fieldsWhenWhole();
    },
    [FRAME.continuation]: (flags, streamId, payload) => {
      this.#block.go(flags, streamId, payload);
      this.#fieldsWhenWhole();
    },
    [FRAME.rstStream]: (_flags, streamId, payload) => this.#rstStream(streamId, payload),
    [FRAME.settings]: (flags, streamId, payload) => this.#settings(flags, streamId, payload),
    [FRAME.ping]: (flags, streamId, payload) => this.#ping(flags, streamId, payload),
    [FRAME.windowUpdate]: (_flags, streamId, payload) => this.#windowUpdate(streamId, payload),
    [FRAME.pushPromise]: () => {
      throw new ConnectionError(CODE.protocolError, 'a client cannot push');
    },
  };
  #lastStreamId = 0;
  #sendWindow = DEFAULT_WINDOW;
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #owedBytes = 0;
  #settingsSeen = false;
  #isStopping = false;
  #isClosing = false;
  #midwaySinceUs: number;
  #progressUs: number;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.writer = new FrameWriter(socket);
    const nowUs = host.nowUs();
    this.#guard = new FloodGuard(nowUs);
    this.#midwaySinceUs = nowUs;
    this.#progressUs = nowUs;
    this.writer.settings([
      [SETTING.maxConcurrentStreams, MAX_STREAMS],
      [SETTING.initialWindowSize, STREAM_WINDOW_BYTES],
      [SETTING.maxFrameSize, MAX_DATA_FRAME_BYTES],
      [SETTING.maxHeaderListSize, HEADER_LIST_BYTES],
    ]);
    this.writer.windowUpdate(0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#drained());
    // What follows an error is "close".
    socket.on('error', () => undefined);
    socket.once('close', () => this.#lost());
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  get maxFrameBytes(): number {
    return this.#peer.maxFrameBytes;
  }

  get sendableBytes(): number {
    return this.writer.pendingBytes > SOCKET_BYTES ? 0 : this.#sendWindow;
  }

  spend(bytes: number): void {
    this.#sendWindow -= bytes;
  }

  blocked(stream: Http2Stream): void {
    if (this.#blocked.size === 0) this.#progressUs = this.#host.nowUs();
    this.#blocked.add(stream);
  }

  closed(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    this.#blocked.delete(stream);
    if (this.#isStopping && this.#streams.size === 0) this.#end();
  }

  /** No new requests are wanted: says so, and closes once those under way are answered. */
  stop(): void {
    if (this.#isStopping || this.#isClosing) return;
    this.#isStopping = true;
    // The highest number: which of the requests on their way come too late is for the host to say, stream by stream.
    this.writer.goaway(WINDOW_LIMIT, CODE.noError, '');
    for (const stream of [...this.#streams.values()]) stream.consumer?.stopping();
    if (this.#streams.size === 0) this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what takes too long. */
  checkTime(nowUs: number, { frameMs, stallMs }: Http2Timeouts): void {
    const isMidway = this.#reader.isMidway || this.#block.isOpen || !this.#settingsSeen;
    if (this.#isClosing || (isMidway && nowUs - this.#midwaySinceUs > frameMs * 1000)) {
      if (nowUs - this.#midwaySinceUs > frameMs * 1000) this.#socket.destroy();
      return;
    }
    const isWaiting = this.#blocked.size > 0 || this.#socket.writableLength > 0;
    if (isWaiting && nowUs - this.#progressUs > stallMs * 1000) {
      this.#socket.destroy();
      return;
    }
    for (const stream of this.#streams.values())
      if (stream.isReceiving && nowUs - stream.activeUs > stallMs * 1000) stream.consumer?.stalled();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosing) return;
    if (!this.#reader.isMidway && !this.#block.isOpen) this.#midwaySinceUs = this.#host.nowUs();
    try {
      this.#reader.feed(chunk);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.writer.pendingBytes > STOP_READING_BYTES) this.#socket.pause();
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (this.#block.isOpen && type !== FRAME.continuation)
      throw new ConnectionError(CODE.protocolError, 'a block of fields is interrupted by another frame');
    if (!this.#settingsSeen && type !== FRAME.settings)
      throw new ConnectionError(CODE.protocolError, 'the first frame is not SETTINGS');
    const handle = this.#handlers[type];
    if (handle) handle(flags, streamId, payload);
    // GOAWAY: the client opens no more streams; it ends the connection itself. PRIORITY and unknown types mean nothing here.
    else this.#guard.idle(this.#host.nowUs());
  }

  data(streamId: number, bytes: Buffer, flowBytes: number, endsStream: boolean): void {
    if (this.#block.isOpen)
      throw new ConnectionError(CODE.protocolError, 'a block of fields is interrupted by another frame');
    if (streamId > this.#lastStreamId || streamId % 2 === 0)
      throw new ConnectionError(CODE.protocolError, `DATA on stream ${streamId}, which was never opened`);
    if (bytes.byteLength === 0 && !endsStream) this.#guard.idle(this.#host.nowUs());
    this.#receiveWindow -= flowBytes;
    if (this.#receiveWindow < 0)
      throw new ConnectionError(CODE.flowControlError, 'more DATA than the window of the connection allows');
    this.#owedBytes += flowBytes;
    if (this.#owedBytes >= CREDIT_BYTES) {
      this.writer.windowUpdate(0, this.#owedBytes);
      this.#receiveWindow += this.#owedBytes;
      this.#owedBytes = 0;
    }
    const stream = this.#streams.get(streamId);
    // Data of a stream that was ended from here may still be on its way.
    if (!stream) return;
    stream.activeUs = this.#host.nowUs();
    this.#guarded(() => stream.receive(bytes, flowBytes, endsStream));
  }

  #fieldsWhenWhole(): void {
    const { whole } = this.#block;
    if (!whole) return;
    const { streamId, endsStream } = this.#block;
    const list = this.#hpack.decode(whole);
    this.#block.close();
    if (streamId <= this.#lastStreamId) this.#trailers(streamId, endsStream);
    else this.#open(streamId, list, endsStream);
  }

  #open(streamId: number, list: HeaderList, endsStream: boolean): void {
    this.#lastStreamId = streamId;
    if (this.#isClosing) return;
    if (this.#streams.size >= MAX_STREAMS) {
      this.#guard.reset(this.#host.nowUs());
      this.writer.rstStream(streamId, CODE.refusedStream);
      return;
    }
    const stream = new Http2Stream(streamId, this, this.#peer.initialWindow, this.#host.nowUs());
    this.#streams.set(streamId, stream);
    this.#guarded(() => {
      stream.consumer = this.#host.open(stream, list);
      if (endsStream && !stream.isClosed) stream.receiveEnd();
    });
  }

  #trailers(streamId: number, endsStream: boolean): void {
    const stream = this.#streams.get(streamId);
    // Trailers of a stream that was ended from here may still be on their way.
    if (!stream) {
      this.#guard.idle(this.#host.nowUs());
      return;
    }
    this.#guarded(() => {
      if (!endsStream) throw new StreamError(streamId, CODE.protocolError, 'trailers do not end the stream');
      stream.receiveEnd();
    });
  }

  /** Runs what concerns one stream: its fault ends that stream alone. */
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      const stream = this.#streams.get(error.streamId);
      this.#guard.reset(this.#host.nowUs());
      if (!stream) return;
      this.writer.rstStream(stream.id, error.code);
      stream.lose();
    }
  }

  #rstStream(streamId: number, payload: Buffer): void {
    needLength(payload, 4, 'RST_STREAM');
    if (streamId === 0 || streamId > this.#lastStreamId)
      throw new ConnectionError(
        CODE.protocolError,
        `RST_STREAM on stream ${streamId}, which was never opened`,
      );
    // Opening streams and resetting them costs a client nothing, and us a request each.
    this.#guard.reset(this.#host.nowUs());
    this.#streams.get(streamId)?.lose();
  }

  #settings(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionError(CODE.protocolError, 'SETTINGS on a stream');
    if (flags & FLAG.ack) {
      needLength(payload, 0, 'an acknowledgement of SETTINGS');
      this.#guard.idle(this.#host.nowUs());
      return;
    }
    this.#settingsSeen = true;
    this.#guard.settings(this.#host.nowUs());
    const before = this.#peer.initialWindow;
    this.#peer.apply(payload);
    const change = this.#peer.initialWindow - before;
    if (change !== 0) {
      for (const stream of this.#streams.values()) this.#guarded(() => stream.widen(change));
      this.#pump();
    }
    this.writer.settingsAck();
  }

  #ping(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionError(CODE.protocolError, 'PING on a stream');
    needLength(payload, 8, 'PING');
    this.#guard.idle(this.#host.nowUs());
    if (!(flags & FLAG.ack)) this.writer.pingAck(payload);
  }

  #windowUpdate(streamId: number, payload: Buffer): void {
    needLength(payload, 4, 'WINDOW_UPDATE');
    const increment = payload.readUInt32BE(0) & 0x7fffffff;
    if (streamId > this.#lastStreamId)
      throw new ConnectionError(CODE.protocolError, 'WINDOW_UPDATE on a stream that was never opened');
    if (streamId !== 0) {
      const stream = this.#streams.get(streamId);
      if (!stream) return;
      this.#guarded(() => {
        if (increment === 0) throw new StreamError(streamId, CODE.protocolError, 'WINDOW_UPDATE of 0');
        stream.widen(increment);
        stream.pump();
      });
      return;
    }
    if (increment === 0) throw new ConnectionError(CODE.protocolError, 'WINDOW_UPDATE of 0');
    this.#sendWindow += increment;
    if (this.#sendWindow > WINDOW_LIMIT)
      throw new ConnectionError(CODE.flowControlError, 'the window of the connection is too large');
    this.#pump();
  }

  #drained(): void {
    this.#progressUs = this.#host.nowUs();
    this.#pump();
    if (this.writer.pendingBytes <= STOP_READING_BYTES) this.#socket.resume();
  }

  /** Each stream that waits gets its turn; those that still have to wait line up again. */
  #pump(): void {
    if (this.#blocked.size === 0) return;
    const waiting = [...this.#blocked];
    this.#blocked.clear();
    this.#progressUs = this.#host.nowUs();
    for (const stream of waiting) stream.pump();
  }

  #fail(error: unknown): void {
    const known = error instanceof ConnectionError;
    this.#isClosing = true;
    this.#midwaySinceUs = this.#host.nowUs();
    this.writer.goaway(
      this.#lastStreamId,
      known ? error.code : CODE.internalError,
      known ? error.message : 'internal error',
    );
    this.writer.flush();
    this.#loseStreams();
    this.#socket.end();
    // What the client still sends is read and dropped: closing at once would reset the connection, and lose the reason with it.
    this.#socket.resume();
  }

  #end(): void {
    this.#isClosing = true;
    this.#midwaySinceUs = this.#host.nowUs();
    this.writer.flush();
    this.#socket.end();
  }

  #lost(): void {
    this.#isClosing = true;
    this.#loseStreams();
  }

  #loseStreams(): void {
    for (const stream of [...this.#streams.values()]) stream.lose();
  }
}

function needLength(payload: Buffer, length: number, what: string): void {
  if (payload.byteLength !== length)
    throw new ConnectionError(CODE.frameSizeError, `${what} has ${payload.byteLength} bytes, not ${length}`);
}
