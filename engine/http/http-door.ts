import {
  type Clock,
  type Door,
  type DoorAddress,
  type DoorTimeouts,
  EngineError,
  type Logger,
  SocketDoor,
} from '../base';
import type { DataPlane } from '../dataplane';
import { BodyPool } from './body-pool';
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
  readonly options: DoorAddress & {
    readonly maxRequestBytes: number;
    /** Names, beside loopback's and `host`, under which it may be addressed. */
    readonly allowedHosts: readonly string[];
  };
  /** For tests that wait for them. */
  readonly timeouts?: DoorTimeouts<ConnectionLimits>;
}

const TIMEOUTS: DoorTimeouts<ConnectionLimits> = {
  headersMs: 20_000,
  requestMs: 300_000,
  // Longer than clients keep pooled connections (mostly up to a minute), so that it is them who close: else they get resets.
  keepAliveMs: 75_000,
  checkEveryMs: 1_000,
};
const RETRY_AFTER_STOP_SECONDS = 5;

/** The data plane over HTTP. */
export function createHttpDoor(options: HttpDoorOptions): Door {
  return new HttpDoor(options);
}

class HttpDoor implements Door, ConnectionHost {
  readonly bodies = new BodyPool();
  readonly #context: RouteContext;
  readonly #checkGate: (request: GatedRequest) => void;
  readonly #findRoute = createRoutes();
  /** Where a head that was let through leads: a connection gives the same head again while its client repeats itself. */
  readonly #routes = new WeakMap<RequestHead, FoundRoute>();
  readonly #door: SocketDoor<ConnectionLimits, HttpConnection>;
  #inFlight = 0;
  #date = { second: 0, text: '' };

  constructor({ dataPlane, logger, clock, options, timeouts = TIMEOUTS }: HttpDoorOptions) {
    this.#context = { dataPlane, logger, clock, maxRequestBytes: options.maxRequestBytes };
    this.#checkGate = createGate(options);
    this.#door = new SocketDoor({
      name: 'HTTP',
      portFlag: '--http-port',
      address: options,
      socket: { noDelay: true },
      timeouts,
      clock,
      logger,
      connect: (socket) => new HttpConnection(socket, this),
    });
  }

  get isStopping(): boolean {
    return this.#door.isStopping;
  }

  inFlight(): number {
    return this.#inFlight;
  }

  nowUs(): number {
    return this.#context.clock.nowUs();
  }

  date(): string {
    const second = Math.floor(this.#context.clock.wallMs() / 1000);
    if (second !== this.#date.second) this.#date = { second, text: new Date(second * 1000).toUTCString() };
    return this.#date.text;
  }

  errorResponse(error: EngineError): Response {
    return errorResponse(error, this.#context.logger);
  }

  start(): Promise<{ readonly host: string; readonly port: number }> {
    return this.#door.start();
  }

  stop(drainMs: number): Promise<void> {
    return this.#door.stop(drainMs);
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
    if (this.isStopping) {
      throw new EngineError('SHUTTING_DOWN', 'the engine is stopping', {
        retryAfterSeconds: RETRY_AFTER_STOP_SECONDS,
      });
    }
    if (known) return known;
    const found = this.#findRoute(head.method, head.target);
    this.#routes.set(head, found);
    return found;
  }
}
