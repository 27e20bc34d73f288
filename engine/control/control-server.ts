import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { EngineError, type Logger, toEngineError } from '../base';
import { checkOrigin, checkToken, type GateOptions } from './gate';
import { controlRouter } from './router';
import type { ControlServices } from './services';
import { receiveUpload } from './upload';
import { loadWebRoot, type WebRoot } from './web-root';

export interface ControlServerOptions extends GateOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Folder of the built console; null: only the API. */
  readonly rendererPath: string | null;
  readonly uploadPath: string;
  readonly uploadLimitBytes: number;
  readonly services: ControlServices;
  readonly logger: Logger;
}

/** Messages on the control plane are small; the largest is a list of names. */
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/** The control plane's door: the console's files, its tRPC socket, and uploads. One gate stands before all of it. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_LIMIT_BYTES });
  #webRoot: WebRoot | null = null;
  #trpc: ReturnType<typeof applyWSSHandler> | null = null;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Rejects with PORT_IN_USE when somebody else listens there. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port, rendererPath, services } = this.#options;
    this.#webRoot = await loadWebRoot(rendererPath);
    this.#trpc = applyWSSHandler({
      wss: this.#sockets,
      router: controlRouter,
      createContext: () => ({ services }),
      keepAlive: { enabled: true, pingMs: 15_000, pongWaitMs: 10_000 },
      onError: ({ path, error }) => this.#logFailure(path, error),
    });
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      this.#http.listen(port, host, resolve);
    });
    return { host, port: (this.#http.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    this.#trpc?.broadcastReconnectNotification();
    for (const socket of this.#sockets.clients) socket.close(1001, 'the engine stops');
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      const url = new URL(request.url ?? '/', 'http://localhost');
      checkOrigin(request, this.#options);
      if (url.pathname !== '/trpc') throw new EngineError('NOT_FOUND', `no socket at ${url.pathname}`);
      checkToken(url.searchParams.get('token'), this.#options);
    } catch (error) {
      const { httpStatus, message } = toEngineError(error);
      this.#options.logger.warn(`a control connection was refused: ${message}`, {
        from: request.socket.remoteAddress ?? '',
      });
      socket.end(`HTTP/1.1 ${httpStatus} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) =>
      this.#sockets.emit('connection', client, request),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      checkOrigin(request, this.#options);
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'PUT' && pathname.startsWith('/upload/'))
        return await this.#upload(request, response, pathname);
      // A browser cannot see why a socket was refused; here it can ask whether its token still holds.
      if (pathname === '/session') {
        checkToken(bearerOf(request), this.#options);
        return void response.writeHead(204).end();
      }
      if (request.method !== 'GET' && request.method !== 'HEAD')
        throw new EngineError('METHOD_NOT_ALLOWED', `${request.method} is not allowed on ${pathname}`);
      if (!this.#webRoot?.serve(pathname, request, response))
        throw new EngineError('NOT_FOUND', `nothing at ${pathname}`);
    } catch (error) {
      const { httpStatus, message } = toEngineError(error);
      sendJson(response, httpStatus, { error: message });
    }
  }

  async #upload(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const { uploadPath, uploadLimitBytes } = this.#options;
    checkToken(bearerOf(request), this.#options);
    const name = decoded(pathname.slice('/upload/'.length));
    sendJson(response, 200, { path: await receiveUpload(request, name, uploadPath, uploadLimitBytes) });
  }

  #logFailure(path: string | undefined, error: Error): void {
    const cause = toEngineError(error.cause ?? error);
    const level = cause.code === 'INTERNAL' ? 'error' : 'debug';
    this.#options.logger[level](`control call ${path ?? '?'} failed: ${cause.message}`, { code: cause.code });
  }
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return headers.authorization?.replace(/^Bearer /, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `file name "${text.slice(0, 200)}" is not well percent-encoded`,
    );
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new EngineError(
    'PORT_IN_USE',
    `the control plane cannot listen on ${host}:${port}: another process has that port. Start with --port N to use other ports.`,
    { cause: error },
  );
}
