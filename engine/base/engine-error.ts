import { ERROR_CODES, type ErrorCode } from '../contract';

export interface EngineErrorOptions {
  readonly cause?: unknown;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/**
 * Ends of requests under overload, thousands a second: to note where each was made took half of what a refusal costs, and their
 * messages say all there is.
 */
const ROUTINE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'OVERLOADED',
  'QUEUE_FULL',
  'DEADLINE_EXCEEDED',
  'CALL_EXPIRED',
  'CANCELLED',
]);

/** The one error class. `code` decides status and retry (contract/error-codes.ts); the message is for the caller to read. */
export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: EngineErrorOptions = {}) {
    const { stackTraceLimit } = Error;
    if (ROUTINE.has(code)) Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'EngineError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].httpStatus;
  }

  get grpcStatus(): number {
    return ERROR_CODES[this.code].grpcStatus;
  }
}

/** Shorthand for the most frequent one: the caller's fault, named. */
export function invalid(message: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', message);
}

/** Any thrown thing as an `EngineError`; what is not ours becomes INTERNAL with its own message kept as cause. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError('INTERNAL', message, { cause: error });
}
