import { publicError } from '../base';
import type { CancelSignal } from '../inference';
import {
  decodeModelInferRequest,
  type EncodedMessage,
  encodeModelInferResponse,
  encodeStreamAnswer,
  encodeStreamError,
} from '../protocol';
import type { MethodContext, StreamCallView, StreamHandler, StreamMethod, UnaryMethod } from './method';

/** ModelInfer: the way of a request, from message to message. */
export const modelInfer: UnaryMethod = {
  kind: 'unary',
  async handle(message, { signal }, { dataPlane }) {
    const request = decodeModelInferRequest(message, signal);
    return encodeModelInferResponse(request, await dataPlane.infer(request));
  },
};

/** ModelStreamInfer: many requests in one call, answered in their order; one that fails does not end the others. */
export const modelStreamInfer: StreamMethod = {
  kind: 'stream',
  open: (call, context) => new InferStream(call, context),
};

/** Cancels one request of a stream when the stream is cancelled. */
class RequestSignal implements CancelSignal {
  onCancel: (() => void) | null = null;
  readonly #call: CancelSignal;

  constructor(call: CancelSignal) {
    this.#call = call;
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }

  get code(): CancelSignal['code'] {
    return this.#call.code;
  }
}

interface Pending {
  readonly signal: RequestSignal;
  /** Null until it is there. */
  outcome: EncodedMessage | Failure | null;
}

class Failure {
  constructor(
    readonly error: unknown,
    readonly requestId: string,
  ) {}
}

class InferStream implements StreamHandler {
  readonly #call: StreamCallView;
  readonly #context: MethodContext;
  /** Not answered yet, in the order in which they came. */
  #pending: Pending[] = [];
  #hasEnded = false;

  constructor(call: StreamCallView, context: MethodContext) {
    this.#call = call;
    this.#context = context;
    call.signal.onCancel = () => {
      for (const { signal } of this.#pending) signal.onCancel?.();
    };
  }

  message(message: Buffer): void {
    const pending: Pending = { signal: new RequestSignal(this.#call.signal), outcome: null };
    this.#pending.push(pending);
    this.#call.setPending(this.#pending.length);
    this.#infer(message, pending.signal).then((outcome) => {
      pending.outcome = outcome;
      if (pending === this.#pending[0]) this.#sendReady();
    });
  }

  end(): void {
    this.#hasEnded = true;
    this.#sendReady();
  }

  closed(): void {
    this.#pending = [];
  }

  /** Never rejects. */
  async #infer(message: Buffer, signal: CancelSignal): Promise<EncodedMessage | Failure> {
    let requestId = '';
    try {
      const request = decodeModelInferRequest(message, signal);
      requestId = request.id;
      const result = await this.#context.dataPlane.infer(request);
      return encodeStreamAnswer(encodeModelInferResponse(request, result, true));
    } catch (error) {
      return new Failure(error, requestId);
    }
  }

  #sendReady(): void {
    for (;;) {
      const outcome = this.#pending[0]?.outcome;
      if (!outcome) break;
      this.#pending.shift();
      if (!(outcome instanceof Failure)) this.#call.send(outcome);
      else if (this.#call.wantsStatusErrors) {
        this.#call.fail(outcome.error);
        return;
      } else this.#sendError(outcome);
    }
    this.#call.setPending(this.#pending.length);
    if (this.#hasEnded && this.#pending.length === 0) this.#call.end();
  }

  #sendError({ error, requestId }: Failure): void {
    this.#call.send(encodeStreamError(publicError(error, this.#context.logger).message, requestId));
  }
}
