import { randomUUID } from 'node:crypto';
import { EngineError, type Logger, toEngineError } from '../base';
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

/** The only place where an error becomes an HTTP answer. What is not the caller's to know goes to the log, under an id. */
export function errorResponse(thrown: unknown, logger: Logger): Response {
  const error = toEngineError(thrown);
  let { message } = error;
  if (error.code === 'INTERNAL') {
    const id = randomUUID().slice(0, 8);
    logger.error(`internal error ${id}: ${message}`, { id, stack: stackOf(error) });
    message = `internal error; the engine's log has the details under ${id}`;
  }
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'ferry-error-code': error.code,
    ...(error instanceof ErrorWithHeaders ? error.headers : {}),
  };
  if (error.retryAfterSeconds !== undefined) headers['Retry-After'] = String(error.retryAfterSeconds);
  return { status: error.httpStatus, headers, chunks: [Buffer.from(JSON.stringify({ error: message }))] };
}

function stackOf(error: EngineError): string {
  const source = error.cause instanceof Error ? error.cause : error;
  return source.stack ?? source.message;
}
