import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, EngineError, type Logger, listen, publicError, type Timer } from '../base';
import type { DataPlane } from '../dataplane';
import { type CallHead, NotGrpc, parseCallHead } from './call-head';
import { type CallLimits, GrpcCall } from './grpc-call';
import {
  type ConnectionHost,
  type HeaderList,
  Http2Connection,
  type Http2Stream,
  type Http2Timeouts,
  type StreamConsumer,
} from './http2';
import type { Method, MethodContext } from './method';
import { createServices } from './services';
import { errorTrailers, httpStatusFields } from './status';

export interface GrpcDoorOptions {
  readonly dataPlane: DataPlane;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly options: CallLimits & {
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    /** Must be true for a `host` that other machines can reach. */
    readonly allowNetwork: boolean;
  };
  /** For tests that wait for them. */
  readonly timeouts?: GrpcTimeouts;
}

export interface GrpcTimeouts extends Http2Timeouts {
  readonly checkEveryMs: number;
}

/** The data plane over gRPC. */
export interface GrpcDoor {
  /** Resolves when it listens. Rejects with PORT_IN_USE, or INVALID_ARGUMENT for an address it cannot or may not have. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Refuses new calls with SHUTTING_DOWN, lets those under way finish for `drainMs`, then cuts what is left. */
  stop(drainMs: number): Promise<void>;
  /** Calls that are being read, run or answered. */
  inFlight(): number;
}

const TIMEOUTS: GrpcTimeouts = { frameMs: 20_000, stallMs: 300_000, checkEveryMs: 1_000 };
/** Finds connections whose machine is gone: idle ones are kept for as long as the client likes, as gRPC's channels want it. */
const TCP_KEEP_ALIVE_MS = 60_000;
const REFUSED_CALL: StreamConsumer = {
  data: () => undefined,
  stalled: () => undefined,
  lost: () => undefined,
  stopping: () => undefined,
};

export function createGrpcDoor(options: GrpcDoorOptions): GrpcDoor {
  return new SocketGrpcDoor(options);
}

class SocketGrpcDoor implements GrpcDoor, ConnectionHost {
  readonly #options: GrpcDoorOptions['options'];
  readonly #context: MethodContext;
  readonly #clock: Clock;
  readonly #timeouts: GrpcTimeouts;
  readonly #methods: ReadonlyMap<string, Method> = createServices();
  /** Of fields that were read before: a connection gives the same list again while its client repeats itself. */
  readonly #heads = new WeakMap<HeaderList, CallHead>();
  readonly #server: Server;
  readonly #connections = new Set<Http2Connection>();
  #check: Timer | null = null;
  #stopping: Promise<void> | null = null;

  constructor({ dataPlane, logger, clock, options, timeouts = TIMEOUTS }: GrpcDoorOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#context = { dataPlane, logger, clock };
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS },
      (socket) => this.#accept(socket),
    );
  }

  inFlight(): number {
    let calls = 0;
    for (const connection of this.#connections) calls += connection.streamCount;
    return calls;
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port, allowNetwork } = this.#options;
    const address = await listen(this.#server, { host, port, allowNetwork, portFlag: '--grpc-port' });
    this.#server.on('error', (error) => this.#context.logger.error(`the gRPC door: ${error.message}`));
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
    const limit = this.#clock.callAt(this.#clock.nowUs() + drainMs * 1000, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    for (const connection of this.#connections) connection.stop();
    await closed;
    limit.cancel();
  }

  /** One call begins: its head is read, its method found. Every error of it ends here. */
  open(stream: Http2Stream, headers: HeaderList): StreamConsumer {
    try {
      const head = this.#headOf(stream.id, headers);
      const method = this.#methods.get(head.path);
      if (!method) throw unknownMethod(head.path);
      if (this.#stopping) throw new EngineError('SHUTTING_DOWN', 'the engine is stopping');
      return new GrpcCall(stream, head, method, this.#context, this.#options);
    } catch (error) {
      if (error instanceof NotGrpc) stream.end(httpStatusFields(error.httpStatus));
      else if (error instanceof EngineError)
        stream.end(errorTrailers(publicError(error, this.#context.logger), true));
      else throw error;
      return REFUSED_CALL;
    }
  }

  #headOf(streamId: number, headers: HeaderList): CallHead {
    const known = this.#heads.get(headers);
    if (known) return known;
    const head = parseCallHead(streamId, headers);
    this.#heads.set(headers, head);
    return head;
  }

  #accept(socket: Socket): void {
    const connection = new Http2Connection(socket, this);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  #checkTimes(): void {
    const nowUs = this.#clock.nowUs();
    for (const connection of this.#connections) connection.checkTime(nowUs, this.#timeouts);
    this.#check = this.#clock.callAt(nowUs + this.#timeouts.checkEveryMs * 1000, () => this.#checkTimes());
  }
}

function unknownMethod(path: string): EngineError {
  return new EngineError('UNSUPPORTED', `there is no method ${JSON.stringify(path.slice(0, 120))}`);
}
