import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, EngineError, type Logger, listen, type Timer } from '../base';
import type { DataPlane } from '../dataplane';
import type { ConnectionExchange } from './connection-exchange';
import { errorResponse } from './error-response';
import type { RouteContext } from './exchange';
import { createGate, type GatedRequest } from './gate';
import { type ConnectionHost, type ConnectionLimits, HttpConnection } from './http-connection';
import type { RequestHead } from './request-head';
import type { Response } from './response-bytes';
import { createRoutes, type FoundRoute } from './routes';

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

export interface HttpTimeouts extends ConnectionLimits {
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

const TIMEOUTS: HttpTimeouts = {
  headersMs: 20_000,
  requestMs: 300_000,
  // Longer than clients keep pooled connections (mostly up to a minute), so that it is them who close: else they get resets.
  keepAliveMs: 75_000,
  checkEveryMs: 1_000,
};
const RETRY_AFTER_STOP_SECONDS = 5;

export function createHttpDoor(options: HttpDoorOptions): HttpDoor {
  return new SocketHttpDoor(options);
}

class SocketHttpDoor implements HttpDoor, ConnectionHost {
  readonly #options: HttpDoorOptions['options'];
  readonly #context: RouteContext;
  readonly #clock: Clock;
  readonly #timeouts: HttpTimeouts;
  readonly #checkGate: (request: GatedRequest) => void;
  readonly #findRoute = createRoutes();
  /** Where a head that was let through leads: a connection gives the same head again while its client repeats itself. */
  readonly #routes = new WeakMap<RequestHead, FoundRoute>();
  readonly #server: Server;
  readonly #connections = new Set<HttpConnection>();
  #check: Timer | null = null;
  #inFlight = 0;
  #stopping: Promise<void> | null = null;
  #date = { second: 0, text: '' };

  constructor({ dataPlane, logger, clock, options, timeouts = TIMEOUTS }: HttpDoorOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#context = { dataPlane, logger, clock, maxRequestBytes: options.maxRequestBytes };
    this.#checkGate = createGate(options);
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  inFlight(): number {
    return this.#inFlight;
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  date(): string {
    const second = Math.floor(this.#clock.wallMs() / 1000);
    if (second !== this.#date.second) this.#date = { second, text: new Date(second * 1000).toUTCString() };
    return this.#date.text;
  }

  errorResponse(error: EngineError): Response {
    return errorResponse(error, this.#context.logger);
  }

  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port, allowNetwork } = this.#options;
    const address = await listen(this.#server, { host, port, allowNetwork, portFlag: '--http-port' });
    this.#server.on('error', (error) => this.#context.logger.error(`the HTTP door: ${error.message}`));
    this.#checkTimes();
    return address;
  }

  stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#drain(drainMs);
    return this.#stopping;
  }

  async #drain(drainMs: number): Promise<void> {
    this.#check?.cancel();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cut = (): void => {
      for (const connection of this.#connections) connection.destroy();
    };
    const limit = this.#clock.callAt(this.#clock.nowUs() + drainMs * 1000, cut);
    // After this function has returned, so that the connections see that the door stops.
    queueMicrotask(() => {
      for (const connection of this.#connections) connection.stop();
    });
    await closed;
    limit.cancel();
  }

  /** One request: gate, route, answer. Every error of every route ends here. */
  async serve(exchange: ConnectionExchange): Promise<void> {
    this.#inFlight++;
    try {
      const route = this.#routeOf(exchange);
      await route.handle(exchange, route, this.#context);
    } catch (error) {
      const { status, headers, chunks } = errorResponse(error, this.#context.logger);
      exchange.respond(status, headers, chunks);
    } finally {
      this.#inFlight--;
    }
  }

  #routeOf({ head, localAddress }: ConnectionExchange): FoundRoute {
    const known = this.#routes.get(head);
    if (!known) this.#checkGate({ headers: head.headers, localAddress });
    if (this.#stopping) {
      throw new EngineError('SHUTTING_DOWN', 'the engine is stopping', {
        retryAfterSeconds: RETRY_AFTER_STOP_SECONDS,
      });
    }
    if (known) return known;
    const found = this.#findRoute(head.method, head.target);
    this.#routes.set(head, found);
    return found;
  }

  #accept(socket: Socket): void {
    const connection = new HttpConnection(socket, this);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  #checkTimes(): void {
    const nowUs = this.#clock.nowUs();
    for (const connection of this.#connections) connection.checkTime(nowUs, this.#timeouts);
    this.#check = this.#clock.callAt(nowUs + this.#timeouts.checkEveryMs * 1000, () => this.#checkTimes());
  }
}
