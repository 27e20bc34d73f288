import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EngineError, type Logger, listen, toEngineError } from '../base';
import { createGate, type GateOptions } from './gate';

export interface MetricsDoorOptions extends GateOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly allowNetwork: boolean;
  readonly logger: Logger;
  /** The text of the page, made anew for each scrape. */
  readonly page: () => string;
}

const PAGE_PATH = /^\/metrics\/?(?:\?|$)/;
const TEXT = 'text/plain; charset=utf-8';
/** Scrapers ask every few seconds and send no bodies. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16 * 1024 };

/**
 * The metrics' door, as Triton has it: the page at `/metrics`, an empty 200 at every other path, 405 for every other method.
 * It stands on node:http: it is asked a few times a minute.
 */
export class MetricsDoor {
  readonly #options: MetricsDoorOptions;
  readonly #checkGate: ReturnType<typeof createGate>;
  readonly #server: Server;

  constructor(options: MetricsDoorOptions) {
    this.#options = options;
    this.#checkGate = createGate(options);
    this.#server = createServer({ ...LIMITS, requireHostHeader: false }, (request, response) =>
      this.#answer(request, response),
    );
  }

  /** Rejects with PORT_IN_USE, or INVALID_ARGUMENT for an address it cannot or may not have. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port, allowNetwork, logger } = this.#options;
    const address = await listen(this.#server, { host, port, allowNetwork, portFlag: '--metrics-port' });
    this.#server.on('error', (error) => logger.error(`the metrics door: ${error.message}`));
    return address;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // What a client sends with a GET is of no interest, but the connection can only go on when it has been read.
    request.resume();
    try {
      this.#checkGate(gated(request));
      if (request.method !== 'GET') {
        response.setHeader('Allow', 'GET');
        throw new EngineError('METHOD_NOT_ALLOWED', 'only GET is allowed here');
      }
      send(response, 200, PAGE_PATH.test(request.url ?? '') ? this.#options.page() : '');
    } catch (error) {
      const { code, httpStatus, message } = toEngineError(error);
      if (code === 'INTERNAL') this.#options.logger.error(`the metrics page failed: ${message}`);
      send(response, httpStatus, `${message}\n`);
    }
  }
}

function gated({ headers: { host, origin }, socket }: IncomingMessage) {
  const given: [string, string][] = [];
  if (host !== undefined) given.push(['host', host]);
  if (origin !== undefined) given.push(['origin', origin]);
  return {
    headers: new Map(given),
    localAddress: socket.localAddress?.replace(/^::ffff:/, '') ?? null,
  };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': TEXT, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
