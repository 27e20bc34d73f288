import { connect, type Socket } from 'node:net';
import { HttpResponseParser, NEED_MORE } from './http-response-parser';

/** Why a request got no answer, as it is counted in a report. */
export type ConnectionFailure = string;

/** Who owns a connection, and is told how its request ended: exactly one call for each `send`, none after `abandon`. */
export interface ConnectionOwner {
  /** A whole response came; read it from `connection.response` before sending the next request. */
  onResponse(connection: HttpConnection): void;
  onFailure(connection: HttpConnection, kind: ConnectionFailure): void;
}

/**
 * One buffer for all sockets of the thread: libuv fills it and calls back before it reads the next socket, and the parser
 * keeps nothing of it, so no response costs an allocation.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * One HTTP/1.1 keep-alive connection with at most one request on its way. It connects when a request needs it, and
 * again after a failure. Written on `node:net` because the generator shares its cores with the server it measures:
 * a request is one write of prepared bytes, and nothing else is made for it.
 */
export class HttpConnection {
  readonly response = new HttpResponseParser();
  /** When the request now on its way was meant to start, and when it was sent (microseconds of the run's clock). */
  intendedUs = 0;
  sentUs = 0;
  #socket: Socket | null = null;
  #busy = false;

  constructor(
    readonly host: string,
    readonly port: number,
    private readonly owner: ConnectionOwner,
  ) {}

  /** True from `send` to the owner's call. */
  get busy(): boolean {
    return this.#busy;
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  /** Sends complete request bytes, which must not change until the answer is there. */
  send(request: Uint8Array): void {
    this.#busy = true;
    this.response.reset();
    const socket = this.#socket ?? this.#open();
    socket.write(request);
  }

  /** Closes without a call to the owner, whatever is on its way. */
  abandon(): void {
    this.#busy = false;
    this.#drop();
  }

  #open(): Socket {
    const socket: Socket = connect({
      host: this.host,
      port: this.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          if (this.#socket === socket) this.#received(length);
          return true;
        },
      },
    });
    this.#socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#socket === socket) this.#ended(failureOf(error));
    });
    socket.on('end', () => {
      if (this.#socket === socket) this.#ended(null);
    });
    socket.on('close', () => {
      if (this.#socket === socket) this.#ended(null);
    });
    return socket;
  }

  #received(length: number): void {
    if (!this.#busy) {
      // Bytes that nobody asked for: the connection is out of step and cannot be used again.
      this.#drop();
      return;
    }
    const end = this.response.push(readBuffer, 0, length);
    if (end === length) this.#succeed();
    else if (end !== NEED_MORE) this.#fail('bad response');
  }

  #succeed(): void {
    this.#busy = false;
    if (!this.response.head.keepAlive) this.#drop();
    this.owner.onResponse(this);
  }

  #fail(kind: ConnectionFailure): void {
    this.#busy = false;
    this.#drop();
    this.owner.onFailure(this, kind);
  }

  /** The socket is gone; `kind` says why when the system gave a reason. */
  #ended(kind: ConnectionFailure | null): void {
    if (!this.#busy) this.#drop();
    else if (kind === null && this.response.endOfStream()) this.#succeed();
    else if (kind === null && this.response.started) this.#fail('bad response');
    else this.#fail(kind ?? 'connection reset');
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }
}

const FAILURE_BY_CODE: Readonly<Record<string, ConnectionFailure>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'host unreachable',
  ENOTFOUND: 'host not found',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EADDRNOTAVAIL: 'no free local port',
};

function failureOf(error: NodeJS.ErrnoException): ConnectionFailure {
  return FAILURE_BY_CODE[error.code ?? ''] ?? `connection failed (${error.code ?? 'unknown'})`;
}
