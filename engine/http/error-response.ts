import { EngineError, type Logger, publicError } from '../base';
import type { ErrorCode } from '../contract';
import type { Response } from './response-bytes';

/** An error whose answer has headers of its own. */
export class ErrorWithHeaders extends EngineError {
  constructor(
    code: ErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    super(code, message);
  }
}

/** The only place where an error becomes an HTTP answer. */
export function errorResponse(thrown: unknown, logger: Logger): Response {
  const error = publicError(thrown, logger);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'ferry-error-code': error.code,
    ...(error instanceof ErrorWithHeaders ? error.headers : {}),
  };
  if (error.retryAfterSeconds !== undefined) headers['Retry-After'] = String(error.retryAfterSeconds);
  return {
    status: error.httpStatus,
    headers,
    chunks: [Buffer.from(JSON.stringify({ error: error.message }))],
  };
}
