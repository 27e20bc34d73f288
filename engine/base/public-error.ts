import { randomUUID } from 'node:crypto';
import { EngineError, toEngineError } from './engine-error';
import type { Logger } from './logger';

/** Any thrown thing as what its caller may read. What is not the caller's to know goes to the log, under an id. */
export function publicError(thrown: unknown, logger: Logger): EngineError {
  const error = toEngineError(thrown);
  if (error.code !== 'INTERNAL') return error;
  const id = randomUUID().slice(0, 8);
  logger.error(`internal error ${id}: ${error.message}`, { id, stack: stackOf(error) });
  return new EngineError('INTERNAL', `internal error; the engine's log has the details under ${id}`);
}

function stackOf(error: EngineError): string {
  const source = error.cause instanceof Error ? error.cause : error;
  return source.stack ?? source.message;
}
