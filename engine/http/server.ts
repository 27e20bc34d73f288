import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, EngineError, type Logger } from '../base';
import { encodeModelMetadata, encodeServerMetadata, type ServerInfo } from '../protocol';
import { sendError } from './error-response';
import { createGate, type GateOptions } from './gate';
import { answerInfer } from './infer-route';
import type { ModelsPort } from './models-port';
import { methodOf, type Route, routeOf } from './routes';

export interface HttpDoorOptions extends GateOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly maxRequestBytes: number;
}

export interface HttpDoorParts {
  readonly models: ModelsPort;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly options: HttpDoorOptions;
  readonly serverInfo: ServerInfo;
}

/** The data plane's HTTP door: the Open Inference Protocol over REST. */
export interface HttpDoor {
  /** Rejects with PORT_IN_USE when somebody else listens there. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Refuses new requests, answers those it has (for at most `drainMs`), then closes every connection. */
  stop(drainMs: number): Promise<void>;
  /** Requests being read, run or written. */
  inFlight(): number;
}

/** Limits against clients that send slowly on purpose. */
const SERVER_LIMITS = { headersTimeout: 20_000, requestTimeout: 300_000, keepAliveTimeout: 75_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 5_000 };

export function createHttpDoor({ models, logger, clock, options, serverInfo }: HttpDoorParts): HttpDoor {
  const checkGate = createGate(options);
  let inFlight = 0;
  let draining = false;
  let whenIdle: () => void = () => undefined;

  const server = createServer({ ...SERVER_LIMITS, noDelay: true }, (request, response) => {
    inFlight++;
    response.once('close', () => {
      inFlight--;
      if (inFlight === 0) whenIdle();
    });
    answer(request, response).catch((error: unknown) => sendError(response, error, logger));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    const text = JSON.stringify({ error: error.code === 'HPE_HEADER_OVERFLOW' ? `the headers are longer than ${SERVER_LIMITS.maxHeaderSize} bytes` : 'this is not HTTP/1.1' });
    socket.end(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    checkGate(request);
    if (draining) response.setHeader('Connection', 'close');
    const path = pathOf(request.url ?? '/');
    const route = routeOf(path);
    if (!route) throw new EngineError('NOT_FOUND', `there is nothing at ${path.slice(0, 300)}`);
    checkMethod(request, response, route);
    if (draining && route.kind !== 'live') throw new EngineError('SHUTTING_DOWN', 'the engine is stopping and takes no new requests', { retryAfterSeconds: 5 });
    if (route.kind === 'infer') return answerInfer(request, response, route, { models, limitBytes: options.maxRequestBytes });
    answerQuestion(response, route);
  };

  const answerQuestion = (response: ServerResponse, route: Exclude<Route, { kind: 'infer' }>): void => {
    switch (route.kind) {
      case 'live':
        return sendJson(response, models.isLive() ? 200 : 400, JSON.stringify({ live: models.isLive() }));
      case 'ready':
        return sendJson(response, models.isReady() ? 200 : 400, JSON.stringify({ ready: models.isReady(), live: models.isLive() }));
      case 'server-metadata':
        return sendJson(response, 200, encodeServerMetadata(serverInfo));
      case 'model-ready': {
        const ready = models.modelReady(route.model, route.version);
        return sendJson(response, ready ? 200 : 400, JSON.stringify({ name: route.model, ready }));
      }
      case 'model-metadata':
        return sendJson(response, 200, encodeModelMetadata(models.metadata(route.model, route.version)));
    }
  };

  const start = async () => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options)));
      server.listen(options.port, options.host, resolve);
    });
    return { host: options.host, port: (server.address() as AddressInfo).port };
  };

  const stop = async (drainMs: number) => {
    draining = true;
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    if (inFlight > 0) {
      await new Promise<void>((resolve) => {
        const limit = clock.callAt(clock.nowUs() + drainMs * 1000, resolve);
        whenIdle = () => {
          limit.cancel();
          resolve();
        };
      });
    }
    server.closeAllConnections();
    await closed;
  };

  return { start, stop, inFlight: () => inFlight };
}

function checkMethod(request: IncomingMessage, response: ServerResponse, route: Route): void {
  const allowed = methodOf(route);
  if (request.method === allowed || (allowed === 'GET' && request.method === 'HEAD')) return;
  response.setHeader('Allow', allowed);
  throw new EngineError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here; use ${allowed}`);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function listenError(error: NodeJS.ErrnoException, { host, port }: HttpDoorOptions): Error {
  if (error.code === 'EADDRINUSE') {
    return new EngineError('PORT_IN_USE', `the inference door cannot listen on ${host}:${port}: another process has that port. Start with --port N to use other ports.`, { cause: error });
  }
  if (error.code === 'EACCES') return new EngineError('PORT_IN_USE', `the inference door may not listen on ${host}:${port}: choose a port above 1023 with --port N.`, { cause: error });
  return error;
}
