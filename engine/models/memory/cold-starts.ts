import { type Clock, EngineError, toEngineError } from '../../base';
import type { InferenceRequest, InferenceResult } from '../../inference';

/** A model that is loaded when a request comes, as the line before it sees it. */
export interface OnCallModel {
  readonly name: string;
  /** Requests that may wait for it. */
  readonly maxWaiting: number;
  infer(request: InferenceRequest): Promise<InferenceResult>;
  coldStarted(tookUs: number): void;
  requestFailed(error: EngineError): void;
}

interface Waiting {
  readonly request: InferenceRequest;
  readonly resolve: (result: Promise<InferenceResult>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Requests for models that are not in memory: kept, in the order they came, until the model is loaded, and then handed to it within
 * the same turn, so that nobody can evict it before they are its. One load for all that wait.
 */
export class ColdStarts {
  readonly #lines = new Map<string, Set<Waiting>>();

  /** @param load loads the model and calls back while it cannot be evicted; rejects with why it does not serve */
  constructor(
    private readonly clock: Clock,
    private readonly load: (name: string, whenLoaded: () => void) => Promise<void>,
  ) {}

  waitingFor(name: string): number {
    return this.#lines.get(name)?.size ?? 0;
  }

  /** Rejects with QUEUE_FULL at once, CANCELLED, why the load failed, or as the model's `infer`. */
  wait(model: OnCallModel, request: InferenceRequest): Promise<InferenceResult> {
    const line = this.#lines.get(model.name) ?? this.#begin(model);
    return new Promise((resolve, reject) => {
      const refuse = (error: EngineError) => {
        model.requestFailed(error);
        reject(error);
      };
      if (line.size >= model.maxWaiting)
        return refuse(
          new EngineError('QUEUE_FULL', `${line.size} requests wait for model "${model.name}" to be loaded`, {
            retryAfterSeconds: 1,
          }),
        );
      if (request.signal?.cancelled) return refuse(goneWhileWaiting(request));
      const waiting: Waiting = { request, resolve, reject };
      line.add(waiting);
      if (request.signal)
        request.signal.onCancel = () => {
          if (line.delete(waiting)) refuse(goneWhileWaiting(request));
        };
    });
  }

  #begin(model: OnCallModel): Set<Waiting> {
    const line = new Set<Waiting>();
    this.#lines.set(model.name, line);
    const beganUs = this.clock.nowUs();
    let isClosed = false;
    const close = () => {
      isClosed = true;
      this.#lines.delete(model.name);
      for (const { request } of line) if (request.signal) request.signal.onCancel = null;
    };
    this.load(model.name, () => {
      close();
      model.coldStarted(this.clock.nowUs() - beganUs);
      for (const { request, resolve } of line) resolve(model.infer(request));
    }).catch((failure: unknown) => {
      // Handed over already: what failed after it does not concern them.
      if (isClosed) return;
      close();
      const error = toEngineError(failure);
      for (const { reject } of line) {
        model.requestFailed(error);
        reject(
          new EngineError(error.code, error.message, {
            cause: error,
            retryAfterSeconds: error.retryAfterSeconds,
          }),
        );
      }
    });
    return line;
  }
}

function goneWhileWaiting({ signal }: InferenceRequest): EngineError {
  return signal?.code === 'CALL_EXPIRED'
    ? new EngineError('CALL_EXPIRED', "the call's deadline passed while the model was loaded")
    : new EngineError('CANCELLED', 'the client went away while the model was loaded');
}
