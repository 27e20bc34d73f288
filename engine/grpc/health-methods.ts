import { EngineError, type Timer } from '../base';
import type { DataPlane } from '../dataplane';
import { decodeMessage, encodeMessage, messageType } from '../protocol';
import type { Method, MethodContext, StreamCallView, StreamHandler } from './method';

const RequestType = messageType('grpc.health.v1.HealthCheckRequest');
const ResponseType = messageType('grpc.health.v1.HealthCheckResponse');
/** How often a watched health is looked at. */
const WATCH_US = 1_000_000;
/** The server as a whole, and the one service whose health there is. */
const KNOWN_SERVICES: ReadonlySet<unknown> = new Set(['', 'inference.GRPCInferenceService']);

type Status = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** grpc.health.v1.Health. */
export const HEALTH_METHODS: Readonly<Record<string, Method>> = {
  Check: {
    kind: 'unary',
    handle(message, _call, { dataPlane }) {
      const status = statusOf(message, dataPlane);
      if (status === 'SERVICE_UNKNOWN')
        throw new EngineError('NOT_FOUND', 'no service of that name is known here');
      return encodeMessage(ResponseType, { status });
    },
  },
  Watch: { kind: 'stream', open: (call, context) => new HealthWatch(call, context) },
};

function statusOf(message: Uint8Array, dataPlane: DataPlane): Status {
  const { service } = decodeMessage(RequestType, message);
  if (!KNOWN_SERVICES.has(service)) return 'SERVICE_UNKNOWN';
  return dataPlane.isReady() ? 'SERVING' : 'NOT_SERVING';
}

/** Tells the health at once, and again whenever it has changed. */
class HealthWatch implements StreamHandler {
  readonly #call: StreamCallView;
  readonly #context: MethodContext;
  #request: Buffer | null = null;
  #told: Status | null = null;
  #next: Timer | null = null;

  constructor(call: StreamCallView, context: MethodContext) {
    this.#call = call;
    this.#context = context;
  }

  message(message: Buffer): void {
    if (this.#request) return;
    this.#request = Buffer.from(message);
    this.#look(this.#request);
  }

  end(): void {
    // It is the client that ends a watch, by cancelling it.
  }

  closed(): void {
    this.#next?.cancel();
    this.#request = null;
  }

  #look(request: Buffer): void {
    const status = statusOf(request, this.#context.dataPlane);
    if (status !== this.#told) {
      this.#told = status;
      this.#call.send(encodeMessage(ResponseType, { status }));
    }
    const { clock } = this.#context;
    this.#next = clock.callAt(clock.nowUs() + WATCH_US, () => this.#look(request));
  }
}
