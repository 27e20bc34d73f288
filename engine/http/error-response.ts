import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Logger, toEngineError } from '../base';

/** The only place where an error becomes an answer: status, `{"error": …}`, `ferry-error-code`, and `Retry-After` where a retry makes sense. */
export function sendError(response: ServerResponse, thrown: unknown, logger: Logger): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const error = toEngineError(thrown);
  const body = JSON.stringify({ error: error.code === 'INTERNAL' ? reported(error, logger) : error.message });
  response.writeHead(error.httpStatus, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'ferry-error-code': error.code,
    ...(error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(Math.ceil(error.retryAfterSeconds)) }),
    // The rest of a body that was not read cannot be told from a next request.
    ...(response.req.complete ? {} : { Connection: 'close' }),
  });
  response.end(body);
}

/** A fault of ours may say in its text what a caller must not know: it goes to the log, the caller gets its number. */
function reported(error: Error, logger: Logger): string {
  const id = randomUUID().slice(0, 8);
  logger.error(`internal error ${id}: ${error.stack ?? error.message}`);
  return `an internal error occurred; the log has it under ${id}`;
}
