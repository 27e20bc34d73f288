import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { EngineError, type Logger, toEngineError } from '../base';
import type { Exchange, RouteContext } from './exchange';
import { announcesBody } from './read-body';

/** How long, and how much, a client that still sends may go on after it was refused, so that it gets to read the answer. */
const LINGER_US = 2_000_000;
const LINGER_BYTES = 16 * 1024 * 1024;

interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The only place where an error becomes an HTTP answer. What is not the caller's to know goes to the log, under an id. */
function errorResponse(error: EngineError, logger: Logger): ErrorResponse {
  let { message } = error;
  if (error.code === 'INTERNAL') {
    const id = randomUUID().slice(0, 8);
    logger.error(`internal error ${id}: ${message}`, { id, stack: stackOf(error) });
    message = `internal error; the engine's log has the details under ${id}`;
  }
  const body = JSON.stringify({ error: message });
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'ferry-error-code': error.code,
  };
  if (error.retryAfterSeconds !== undefined) headers['Retry-After'] = String(error.retryAfterSeconds);
  return { status: error.httpStatus, headers, body };
}

/** Answers an exchange with an error. Never throws; a client that is gone gets nothing. */
export function sendError(
  exchange: Exchange,
  thrown: unknown,
  context: RouteContext,
  extra: Readonly<Record<string, string>> = {},
): void {
  const { request, response } = exchange;
  const { status, headers, body } = errorResponse(toEngineError(thrown), context.logger);
  if (response.destroyed || response.socket?.destroyed) return;
  if (response.headersSent) {
    // Half an answer is out: cutting the connection is the only way left to say that it failed.
    response.destroy();
    return;
  }
  const bodyIsUnread = announcesBody(request) && !request.complete;
  if (!bodyIsUnread) {
    response.writeHead(status, { ...headers, ...extra });
    response.end(body);
    return;
  }
  response.writeHead(status, { ...headers, ...extra, Connection: 'close' });
  if (exchange.awaitsContinue) response.end(body);
  else {
    response.write(body);
    lingerThenEnd(exchange, context);
  }
}

/** Answers on a connection whose request could not even be parsed, and closes it, at the latest when it has lingered. */
export function sendSocketError(socket: Socket, error: EngineError, { logger, clock }: RouteContext): void {
  const { status, headers, body } = errorResponse(error, logger);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`);
  const limit = clock.callAt(clock.nowUs() + LINGER_US, () => socket.destroy());
  socket.once('close', () => limit.cancel());
  socket.resume();
}

/** What Node's HTTP parser complains of. */
export function parserError(error: NodeJS.ErrnoException & { readonly reason?: string }): EngineError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new EngineError(
        'HEADERS_TOO_LARGE',
        'the headers are larger than 16384 bytes, which is the limit',
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new EngineError(
        'PAYLOAD_TOO_LARGE',
        'the chunk extensions are larger than 16384 bytes, which is the limit',
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new EngineError('REQUEST_TIMEOUT', 'the request did not arrive in time');
    default:
      return new EngineError(
        'INVALID_ARGUMENT',
        `this is not a valid HTTP request: ${error.reason ?? error.message}`,
      );
  }
}

/**
 * Closing at once while the client still sends would reset the connection, and the answer would be lost with it. So what it
 * sends is thrown away, for a while.
 */
function lingerThenEnd({ request, response }: Exchange, { clock }: RouteContext): void {
  let left = LINGER_BYTES;
  const end = () => {
    timer.cancel();
    response.end();
  };
  const timer = clock.callAt(clock.nowUs() + LINGER_US, end);
  request.on('data', (piece: Buffer) => {
    left -= piece.byteLength;
    if (left < 0) end();
  });
  request.once('end', end);
  request.once('close', end);
  request.once('error', end);
  request.resume();
}

function stackOf(error: EngineError): string {
  const source = error.cause instanceof Error ? error.cause : error;
  return source.stack ?? source.message;
}
