import type { Socket } from 'node:net';
import { EngineError, invalid } from '../base';
import type { BodyPool } from './body-pool';
import { ConnectionExchange, type ExchangeConnection } from './connection-exchange';
import { HEAD_LIMIT_BYTES, parseRequestHead, type RequestHead } from './request-head';
import { type Response, responseBytes } from './response-bytes';

/** What a connection needs of the door. */
export interface ConnectionHost {
  readonly isStopping: boolean;
  readonly bodies: BodyPool;
  nowUs(): number;
  /** Value of the `Date` header. */
  date(): string;
  /** Routes and answers a request; never throws. */
  serve(exchange: ConnectionExchange): void;
  errorResponse(error: EngineError): Response;
}

export interface ConnectionLimits {
  /** Until the head of a request is complete, from its first byte. */
  readonly headersMs: number;
  /** Until the whole request is there. Running it is not limited here. */
  readonly requestMs: number;
  /** Without a request. */
  readonly keepAliveMs: number;
}

/** Requests of one connection that may be under way at once; what comes after them waits in the socket. */
const PIPELINE_LIMIT = 64;
/** How long, and how much, a client that still sends may go on after its connection was closed from here. */
const LINGER_US = 2_000_000;
const LINGER_BYTES = 16 * 1024 * 1024;

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from('\r\n\r\n');
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * One connection of HTTP/1.1 (RFC 9112) on a bare socket: cuts what comes into requests, and answers them in their order.
 *
 * Node's own server was the largest part of a small request's cost (docs/adr/0020-http-on-sockets.md). What it does that a data
 * plane needs is here: strict heads, bodies by length or in chunks, pipelining, keep-alive, `Expect`, time limits. What is saved:
 * no objects with events per request; an answer is one write; and a head that is the same bytes as the one before it (a client that
 * repeats a request sends the same head) is not parsed again.
 */
export class HttpConnection implements ExchangeConnection {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  /** Received and not taken yet: from `#at` on. */
  #bytes: Buffer = NOTHING;
  #at = 0;
  #lastHead: { readonly bytes: Buffer; readonly head: RequestHead } | null = null;
  /** Not answered yet, in the order in which they came. */
  readonly #unanswered: ConnectionExchange[] = [];
  /** The one whose body comes next, if any. */
  #inBody: ConnectionExchange | null = null;
  /** Answer to what could not even be parsed; sent when all before it are. */
  #refusal: Response | null = null;
  /** Since when it waits for what it waits for: a head's end, the next request, the client's goodbye. */
  #sinceUs: number;
  #isAdvancing = false;
  #isClosing = false;
  #lingered = 0;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#sinceUs = host.nowUs();
    socket.on('data', (bytes) => this.#receive(bytes));
    // A client that ends its side before it has its answers has left.
    socket.on('end', () => this.#unanswered.length > 0 && socket.destroy());
    socket.on('drain', () => this.#goOn());
    // What follows an error is "close".
    socket.on('error', () => undefined);
    socket.once('close', () => this.#leave());
  }

  get localAddress(): string | null {
    return this.#socket.localAddress?.replace(/^::ffff:/, '') ?? null;
  }

  get bodies(): BodyPool {
    return this.#host.bodies;
  }

  /** The door stops: closed now if nothing is under way, else after its answers. */
  stop(): void {
    if (this.#unanswered.length === 0 && this.#at === this.#bytes.byteLength) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what takes too long. */
  checkTime(nowUs: number, { headersMs, requestMs, keepAliveMs }: ConnectionLimits): void {
    const waitedMs = (nowUs - this.#sinceUs) / 1000;
    const [first] = this.#unanswered;
    if (this.#isClosing) {
      if (waitedMs * 1000 > LINGER_US) this.#socket.destroy();
    } else if (this.#inBody?.isReadingBody) {
      if (nowUs - this.#inBody.startedUs > requestMs * 1000) this.#inBody.failBody(tooSlow());
    } else if (first) return;
    else if (this.#socket.writableNeedDrain) {
      if (waitedMs > requestMs) this.#socket.destroy();
    } else if (this.#at < this.#bytes.byteLength) {
      if (waitedMs > headersMs) this.#refuse(tooSlow());
    } else if (waitedMs > keepAliveMs) this.#close();
  }

  takeWhole(exchange: ConnectionExchange, length: number): Buffer | null {
    if (exchange !== this.#inBody || this.#bytes.byteLength - this.#at < length) return null;
    const body = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.#inBody = null;
    return body;
  }

  bodyWanted(exchange: ConnectionExchange): void {
    if (exchange.head.awaitsContinue && exchange === this.#unanswered[0]) this.#socket.write(CONTINUE);
    this.#goOn();
  }

  answered(exchange: ConnectionExchange): void {
    if (exchange === this.#unanswered[0]) this.#sendReady();
    if (!this.#isClosing) this.#goOn();
  }

  #receive(bytes: Buffer): void {
    if (this.#isClosing || this.#refusal) {
      this.#lingered += bytes.byteLength;
      if (this.#lingered > LINGER_BYTES) this.#socket.destroy();
      return;
    }
    const isLeft = this.#at < this.#bytes.byteLength;
    if (!isLeft && this.#unanswered.length === 0) this.#sinceUs = this.#host.nowUs();
    this.#bytes = isLeft ? Buffer.concat([this.#bytes.subarray(this.#at), bytes]) : bytes;
    this.#at = 0;
    this.#advance();
  }

  /** Goes on with what has been received, if it was left lying. */
  #goOn(): void {
    if (this.#isAdvancing || this.#socket.destroyed) return;
    this.#advance();
    if (!this.#isStuck()) this.#socket.resume();
  }

  /** Takes bodies and heads as long as they are complete. Not entered anew by a request that is answered at once. */
  #advance(): void {
    this.#isAdvancing = true;
    while (!this.#isClosing && !this.#refusal) {
      if (this.#isStuck()) {
        this.#socket.pause();
        break;
      }
      if (!(this.#inBody ? this.#readBody(this.#inBody) : this.#readHead())) break;
    }
    if (this.#at === this.#bytes.byteLength && this.#at > 0) {
      this.#bytes = NOTHING;
      this.#at = 0;
    }
    this.#isAdvancing = false;
  }

  /** Nothing more is read: enough is under way, a body is not wanted yet, or the client does not take its answers. */
  #isStuck(): boolean {
    if (this.#inBody) return !this.#inBody.isReadingBody;
    return this.#unanswered.length >= PIPELINE_LIMIT || this.#socket.writableNeedDrain;
  }

  #readBody(exchange: ConnectionExchange): boolean {
    if (this.#at === this.#bytes.byteLength) return false;
    this.#at += exchange.feedBody(this.#bytes, this.#at);
    // Of a body that was given up the end is not known: its answer is the last, and nothing is taken for another request.
    if (exchange.isReadingBody || exchange.bodyFailed) return false;
    this.#inBody = null;
    return true;
  }

  #readHead(): boolean {
    const before = this.#unanswered.at(-1);
    if (before && (this.#host.isStopping || !before.head.keepAlive)) return false;
    while (this.#bytes[this.#at] === CR || this.#bytes[this.#at] === LF) this.#at++;
    if (this.#at === this.#bytes.byteLength) return false;
    try {
      const head = this.#nextHead();
      if (head) this.#begin(head);
      return head !== null;
    } catch (error) {
      this.#refuse(error as EngineError);
      return false;
    }
  }

  #nextHead(): RequestHead | null {
    const last = this.#lastHead;
    if (last && this.#startsWith(last.bytes)) {
      this.#at += last.bytes.byteLength;
      return last.head;
    }
    const end = this.#bytes.indexOf(HEAD_END, this.#at);
    const length = (end < 0 ? this.#bytes.byteLength : end) - this.#at;
    if (length > HEAD_LIMIT_BYTES) {
      throw new EngineError(
        'HEADERS_TOO_LARGE',
        `the headers are larger than ${HEAD_LIMIT_BYTES} bytes, which is the limit`,
      );
    }
    if (end < 0) {
      refuseBareLineFeed(this.#bytes, this.#at);
      return null;
    }
    const head = parseRequestHead(this.#bytes.toString('latin1', this.#at, end));
    const next = end + HEAD_END.byteLength;
    this.#lastHead = { bytes: Buffer.from(this.#bytes.subarray(this.#at, next)), head };
    this.#at = next;
    return head;
  }

  #startsWith(expected: Buffer): boolean {
    const end = this.#at + expected.byteLength;
    return (
      end <= this.#bytes.byteLength &&
      this.#bytes.compare(expected, 0, expected.byteLength, this.#at, end) === 0
    );
  }

  #begin(head: RequestHead): void {
    const exchange = new ConnectionExchange(head, this.#host.nowUs(), this);
    this.#unanswered.push(exchange);
    if (head.bodyLength !== 0) this.#inBody = exchange;
    this.#host.serve(exchange);
  }

  /** Answers that there is no request to be made of what came, and closes. */
  #refuse(error: EngineError): void {
    this.#refusal = this.#host.errorResponse(error);
    this.#sendReady();
  }

  #sendReady(): void {
    while (this.#unanswered[0]?.response && !this.#isClosing) {
      const exchange = this.#unanswered.shift() as ConnectionExchange;
      const { head } = exchange;
      // A body that was not read would have to be, to find the next request: this one is the last.
      const isLast =
        !head.keepAlive || exchange === this.#inBody || (this.#host.isStopping && !this.#unanswered.length);
      this.#write(exchange.response as Response, head, isLast);
    }
    if (this.#unanswered.length === 0 && this.#refusal && !this.#isClosing)
      this.#write(this.#refusal, null, true);
  }

  #write(response: Response, head: RequestHead | null, isLast: boolean): void {
    const pieces = responseBytes(response, {
      withoutBody: head?.method === 'HEAD',
      connection: isLast ? 'close' : head?.isVersion10 ? 'keep-alive' : null,
      date: this.#host.date(),
    });
    this.#sinceUs = this.#host.nowUs();
    const [first] = pieces;
    if (pieces.length === 1 && first) this.#socket.write(first);
    else {
      this.#socket.cork();
      for (const piece of pieces) this.#socket.write(piece);
      this.#socket.uncork();
    }
    if (isLast) this.#close();
  }

  /**
   * Ends our side, and goes on reading for a while what the client still sends: closing both at once would reset the connection,
   * and the answer would be lost with it.
   */
  #close(): void {
    this.#isClosing = true;
    this.#sinceUs = this.#host.nowUs();
    this.#bytes = NOTHING;
    this.#at = 0;
    this.#socket.end();
    this.#socket.resume();
  }

  #leave(): void {
    for (const exchange of this.#unanswered.splice(0)) exchange.leave();
    this.#inBody = null;
    this.#bytes = NOTHING;
    this.#at = 0;
  }
}

/** Without this a client that ends its lines with a line feed alone would wait until the time for a head is up. */
function refuseBareLineFeed(bytes: Buffer, start: number): void {
  const lf = bytes.indexOf(LF, start);
  if (lf > start && bytes[lf - 1] !== CR)
    throw invalid('this is not a valid HTTP request: a line ends without a carriage return');
}

function tooSlow(): EngineError {
  return new EngineError('REQUEST_TIMEOUT', 'the request did not arrive in time');
}
