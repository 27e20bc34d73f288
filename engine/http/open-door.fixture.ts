import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createLogger, type Door, systemClock } from '../base';
import type { LogEntry } from '../contract';
import { IdentityDataPlane } from '../testing';
import { createHttpDoor, type HttpDoorOptions } from './http-door';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The parsed body; undefined when it is not JSON. */
  readonly json: Record<string, unknown> | undefined;
}

export interface OpenDoor {
  readonly door: Door;
  readonly dataPlane: IdentityDataPlane;
  readonly port: number;
  readonly log: readonly LogEntry[];
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** A bare connection, and all that has come on it. */
  connect(): Promise<RawConnection>;
  close(): Promise<void>;
}

export interface SendOptions {
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawConnection {
  readonly socket: Socket;
  received(): string;
  /** Resolves when what has come contains `text`, or the other side has closed. */
  until(text: string): Promise<string>;
  readonly closed: Promise<string>;
}

/** For tests: a door on a free port before the identity model, and ways to send it things. */
export async function openDoor(
  options: Partial<HttpDoorOptions['options']> = {},
  more: Partial<HttpDoorOptions> = {},
): Promise<OpenDoor> {
  const clock = systemClock();
  const dataPlane = new IdentityDataPlane();
  const log: LogEntry[] = [];
  const door = createHttpDoor({
    dataPlane,
    logger: more.logger ?? createLogger((entry) => log.push(entry), clock.wallMs),
    clock,
    options: {
      host: '127.0.0.1',
      port: 0,
      maxRequestBytes: 1024 * 1024,
      allowedHosts: [],
      allowNetwork: false,
      ...options,
    },
    ...more,
  });
  const { port } = await door.start();
  const agent = new Agent({ keepAlive: true });
  return {
    door,
    dataPlane,
    port,
    log,
    send: (method, path, sendOptions = {}) => send({ port, agent, method, path, ...sendOptions }),
    connect: () => openConnection(port),
    close: async () => {
      agent.destroy();
      await door.stop(0);
      await clock.close();
    },
  };
}

function send({
  port,
  agent,
  method,
  path,
  body,
  headers,
}: SendOptions & { port: number; agent: Agent; method: string; path: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const request = httpRequest(
      { host: '127.0.0.1', port, agent, method, path, headers: { ...length, ...headers } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const whole = Buffer.concat(pieces);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            json: parsed(whole),
          });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function openConnection(port: number): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const waiting = new Set<() => void>();
    const closed = new Promise<string>((done) => socket.once('close', () => done(text)));
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      text += piece;
      for (const check of waiting) check();
    });
    socket.on('error', reject);
    socket.once('connect', () => {
      resolve({
        socket,
        received: () => text,
        closed,
        until: (wanted) => {
          const came = new Promise<string>((done) => {
            const check = () => {
              if (!text.includes(wanted)) return;
              waiting.delete(check);
              done(text);
            };
            waiting.add(check);
            check();
          });
          return Promise.race([came, closed]);
        },
      });
    });
  });
}

function parsed(body: Buffer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

export const INFER = '/v2/models/identity/infer';
export const GOOD_JSON =
  '{"id":"1","inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2.5,-3]}]}';

/** A request for the identity model with binary tensors both ways. */
export function binaryRequest(values: Float32Array): {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
} {
  const json = Buffer.from(
    JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [
        {
          name: 'x',
          shape: [1, values.length],
          datatype: 'FP32',
          parameters: { binary_data_size: values.byteLength },
        },
      ],
    }),
  );
  return {
    body: Buffer.concat([json, Buffer.from(values.buffer)]),
    headers: { 'Inference-Header-Content-Length': String(json.byteLength) },
  };
}
