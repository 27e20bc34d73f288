import {
  type Clock,
  type Door,
  type DoorAddress,
  type DoorTimeouts,
  EngineError,
  type Logger,
  publicError,
  SocketDoor,
} from '../base';
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
  readonly options: CallLimits & DoorAddress;
  /** For tests that wait for them. */
  readonly timeouts?: DoorTimeouts<Http2Timeouts>;
}

const TIMEOUTS: DoorTimeouts<Http2Timeouts> = { frameMs: 20_000, stallMs: 300_000, checkEveryMs: 1_000 };
/** Finds connections whose machine is gone: idle ones are kept for as long as the client likes, as gRPC's channels want it. */
const TCP_KEEP_ALIVE_MS = 60_000;
const REFUSED_CALL: StreamConsumer = {
  data: () => undefined,
  stalled: () => undefined,
  lost: () => undefined,
  stopping: () => undefined,
};

/** The data plane over gRPC. */
export function createGrpcDoor(options: GrpcDoorOptions): Door {
  return new GrpcDoor(options);
}

class GrpcDoor implements Door, ConnectionHost {
  readonly #options: GrpcDoorOptions['options'];
  readonly #context: MethodContext;
  readonly #methods: ReadonlyMap<string, Method> = createServices();
  /** Of fields that were read before: a connection gives the same list again while its client repeats itself. */
  readonly #heads = new WeakMap<HeaderList, CallHead>();
  readonly #door: SocketDoor<Http2Timeouts, Http2Connection>;

  constructor({ dataPlane, logger, clock, options, timeouts = TIMEOUTS }: GrpcDoorOptions) {
    this.#options = options;
    this.#context = { dataPlane, logger, clock };
    this.#door = new SocketDoor({
      name: 'gRPC',
      portFlag: '--grpc-port',
      address: options,
      socket: { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS },
      timeouts,
      clock,
      logger,
      connect: (socket) => new Http2Connection(socket, this),
    });
  }

  inFlight(): number {
    let calls = 0;
    for (const connection of this.#door.connections) calls += connection.streamCount;
    return calls;
  }

  nowUs(): number {
    return this.#context.clock.nowUs();
  }

  start(): Promise<{ readonly host: string; readonly port: number }> {
    return this.#door.start();
  }

  stop(drainMs: number): Promise<void> {
    return this.#door.stop(drainMs);
  }

  /** One call begins: its head is read, its method found. Every error of it ends here. */
  open(stream: Http2Stream, headers: HeaderList): StreamConsumer {
    try {
      const head = this.#headOf(stream.id, headers);
      const method = this.#methods.get(head.path);
      if (!method) throw unknownMethod(head.path);
      if (this.#door.isStopping) throw new EngineError('SHUTTING_DOWN', 'the engine is stopping');
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
}

function unknownMethod(path: string): EngineError {
  return new EngineError('UNSUPPORTED', `there is no method ${JSON.stringify(path.slice(0, 120))}`);
}
