import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, EngineError, invalid, type Logger } from '../base';
import type { DataPlane } from '../dataplane';
import { parserError, sendError, sendSocketError } from './error-response';
import { type Exchange, RequestSignal, type RouteContext } from './exchange';
import { createGate, isLoopback } from './gate';
import { createRoutes, WrongMethod } from './routes';

export interface HttpDoorOptions {
  readonly dataPlane: DataPlane;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly options: {
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    readonly maxRequestBytes: number;
    /** Names, beside loopback's and `host`, under which it may be addressed. */
    readonly allowedHosts: readonly string[];
    /** Must be true for a `host` that other machines can reach. */
    readonly allowNetwork: boolean;
  };
  /** For tests that wait for them. */
  readonly timeouts?: HttpTimeouts;
}

export interface HttpTimeouts {
  /** Until the head of a request is complete. */
  readonly headersMs: number;
  /** Until the whole request is there. Running it is not limited here. */
  readonly requestMs: number;
  readonly checkEveryMs: number;
}

/** The data plane over HTTP. */
export interface HttpDoor {
  /** Resolves when it listens. Rejects with PORT_IN_USE, or INVALID_ARGUMENT for an address it cannot or may not have. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Refuses new requests with SHUTTING_DOWN, lets those under way finish for `drainMs`, then cuts what is left. */
  stop(drainMs: number): Promise<void>;
  /** Requests that are being read, run or answered. */
  inFlight(): number;
}

const TIMEOUTS: HttpTimeouts = { headersMs: 20_000, requestMs: 300_000, checkEveryMs: 5_000 };
/** Longer than clients keep pooled connections (mostly up to a minute), so that it is them who close: else they get resets. */
const KEEP_ALIVE_MS = 75_000;
const HEADER_BYTES = 16 * 1024;
const RETRY_AFTER_STOP_SECONDS = 5;

export function createHttpDoor(options: HttpDoorOptions): HttpDoor {
  return new NodeHttpDoor(options);
}

class NodeHttpDoor implements HttpDoor {
  readonly #options: HttpDoorOptions['options'];
  readonly #context: RouteContext;
  readonly #clock: Clock;
  readonly #checkGate: (request: IncomingMessage) => void;
  readonly #findRoute = createRoutes();
  readonly #server: Server;
  /** Exchanges under way, by connection: those that a closed connection cancels. */
  readonly #underWay = new Map<Socket, Set<Exchange>>();
  readonly #refused = new WeakSet<Socket>();
  #inFlight = 0;
  #stopping: Promise<void> | null = null;

  constructor({ dataPlane, logger, clock, options, timeouts = TIMEOUTS }: HttpDoorOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#context = { dataPlane, logger, clock, maxRequestBytes: options.maxRequestBytes };
    this.#checkGate = createGate(options);
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkEveryMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      // The gate answers that, with a body that says so.
      requireHostHeader: false,
    });
    this.#server.on('request', (request, response) => void this.#serve(request, response, false));
    this.#server.on('checkContinue', (request, response) => void this.#serve(request, response, true));
    this.#server.on('checkExpectation', (request, response) => {
      const exchange = {
        request,
        response,
        model: '',
        version: null,
        signal: new RequestSignal(),
        awaitsContinue: true,
      };
      sendError(
        exchange,
        invalid(`Expect: ${String(request.headers.expect).slice(0, 60)} cannot be met`),
        this.#context,
      );
    });
    this.#server.on('connection', (socket) => this.#follow(socket));
    this.#server.on('clientError', (error, socket) => this.#refuseConnection(error, socket as Socket));
  }

  inFlight(): number {
    return this.#inFlight;
  }

  start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port, allowNetwork } = this.#options;
    if (!isLoopback(host) && !allowNetwork) {
      return Promise.reject(
        invalid(`host "${host}" can be reached from other machines: add --allow-network if that is meant`),
      );
    }
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port));
      this.#server.once('error', onError);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', onError);
        this.#server.on('error', (error) => this.#context.logger.error(`the HTTP door: ${error.message}`));
        resolve({ host, port: (this.#server.address() as AddressInfo).port });
      });
    });
  }

  stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#drain(drainMs);
    return this.#stopping;
  }

  async #drain(drainMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Answers still to come close their connections; what waits for no answer is closed now.
    for (const [socket, exchanges] of this.#underWay) {
      for (const { response } of exchanges) response.shouldKeepAlive = false;
      // Node does not count a connection as idle before its first request.
      if (socket.bytesRead === 0) socket.destroy();
    }
    this.#server.closeIdleConnections();
    const limit = this.#clock.callAt(this.#clock.nowUs() + drainMs * 1000, () =>
      this.#server.closeAllConnections(),
    );
    await closed;
    limit.cancel();
  }

  /** One request: gate, route, answer. Every error of every route ends here. */
  async #serve(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    const signal = new RequestSignal();
    let exchange: Exchange = { request, response, model: '', version: null, signal, awaitsContinue };
    this.#inFlight++;
    const connection = this.#underWay.get(request.socket);
    try {
      this.#checkGate(request);
      if (this.#stopping) {
        response.shouldKeepAlive = false;
        throw new EngineError('SHUTTING_DOWN', 'the engine is stopping', {
          retryAfterSeconds: RETRY_AFTER_STOP_SECONDS,
        });
      }
      const { handle, model, version } = this.#findRoute(request.method ?? '', request.url ?? '');
      exchange = { request, response, model, version, signal, awaitsContinue };
      connection?.add(exchange);
      await handle(exchange, this.#context);
    } catch (error) {
      sendError(
        exchange,
        error,
        this.#context,
        error instanceof WrongMethod ? { Allow: error.allowed.join(', ') } : {},
      );
    } finally {
      connection?.delete(exchange);
      this.#inFlight--;
    }
  }

  /** A connection that closes cancels what it asked for. One listener per connection, not one per request. */
  #follow(socket: Socket): void {
    const exchanges = new Set<Exchange>();
    this.#underWay.set(socket, exchanges);
    socket.once('close', () => {
      this.#underWay.delete(socket);
      for (const { signal } of exchanges) signal.cancel();
    });
  }

  /** What does not parse, or does not arrive in time. The parser goes on complaining of a connection: once is enough. */
  #refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const exchanges = [...(this.#underWay.get(socket) ?? [])];
    const mayAnswer =
      exchanges.length === 0 || (exchanges.length === 1 && exchanges[0]?.response.headersSent === false);
    if (error.code === 'ECONNRESET' || !socket.writable || !mayAnswer) socket.destroy();
    else sendSocketError(socket, parserError(error), this.#context);
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): EngineError {
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new EngineError(
        'PORT_IN_USE',
        `port ${port} on ${host} is taken by another process: start with --port N to use other ports, or with --http-port N for this one`,
        cause,
      );
    case 'EACCES':
      return new EngineError(
        'INVALID_ARGUMENT',
        `port ${port}: this user may not listen on it; choose one from 1024 up (--http-port N)`,
        cause,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new EngineError('INVALID_ARGUMENT', `host "${host}" is not an address of this machine`, cause);
    default:
      return new EngineError('INTERNAL', `cannot listen on ${host}:${port}: ${error.message}`, cause);
  }
}
