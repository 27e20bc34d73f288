import { Client, credentials, type Metadata, type requestCallback, type ServiceError } from '@grpc/grpc-js';
import { createLogger, systemClock } from '../base';
import type { LogEntry } from '../contract';
import { decodeMessage, encodeMessage, messageType } from '../protocol';
import { IdentityDataPlane } from '../testing';
import { createGrpcDoor, type GrpcDoor, type GrpcDoorOptions } from './grpc-door';

/** A message as a plain object, by the field names of the protocol. */
export type Plain = Record<string, unknown>;

export interface OpenGrpcDoor {
  readonly door: GrpcDoor;
  readonly dataPlane: IdentityDataPlane;
  readonly port: number;
  readonly log: readonly LogEntry[];
  readonly client: GrpcTestClient;
  close(): Promise<void>;
}

/** For tests: a door on a free port before the identity model, and the reference client. */
export async function openGrpcDoor(
  options: Partial<GrpcDoorOptions['options']> = {},
  more: Partial<GrpcDoorOptions> = {},
): Promise<OpenGrpcDoor> {
  const clock = systemClock();
  const dataPlane = new IdentityDataPlane();
  const log: LogEntry[] = [];
  const door = createGrpcDoor({
    dataPlane,
    logger: createLogger((entry) => log.push(entry), clock.wallMs),
    clock,
    options: {
      host: '127.0.0.1',
      port: 0,
      maxRequestBytes: 4 * 1024 * 1024,
      maxResponseBytes: 4 * 1024 * 1024,
      allowNetwork: false,
      ...options,
    },
    ...more,
  });
  const { port } = await door.start();
  const client = new GrpcTestClient(port);
  return {
    door,
    dataPlane,
    port,
    log,
    client,
    close: async () => {
      client.close();
      await door.stop(0);
      await clock.close();
    },
  };
}

const SERVICE = 'inference.GRPCInferenceService';
const identity = (bytes: Buffer): Buffer => bytes;

/** The reference implementation's client with messages as plain objects. */
export class GrpcTestClient {
  readonly client: Client;

  constructor(port: number, options: Record<string, unknown> = {}) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  close(): void {
    this.client.close();
  }

  /** A unary call of the inference service; resolves with the answer, rejects with a ServiceError. */
  call(
    method: string,
    request: Plain,
    more: { metadata?: Metadata; deadline?: Date; requestType?: string; responseType?: string } = {},
  ): Promise<Plain> {
    const bytes = encodeMessage(messageType(more.requestType ?? `inference.${method}Request`), request);
    return this.raw(`/${SERVICE}/${method}`, bytes, more).then((answer) =>
      decodeMessage(messageType(more.responseType ?? `inference.${method}Response`), answer),
    );
  }

  raw(path: string, bytes: Uint8Array, more: { metadata?: Metadata; deadline?: Date } = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const done: requestCallback<Buffer> = (error: ServiceError | null, answer?: Buffer) =>
        error ? reject(error) : resolve(answer ?? Buffer.alloc(0));
      const call = { ...(more.deadline ? { deadline: more.deadline } : {}) };
      const serialize = (message: Uint8Array) => Buffer.from(message);
      if (more.metadata)
        this.client.makeUnaryRequest(path, serialize, identity, bytes, more.metadata, call, done);
      else this.client.makeUnaryRequest(path, serialize, identity, bytes, call, done);
    });
  }

  stream(path: string, metadata: Metadata) {
    return this.client.makeBidiStreamRequest(
      path,
      (bytes: Uint8Array) => Buffer.from(bytes),
      identity,
      metadata,
    );
  }
}

export const INFER_PATH = `/${SERVICE}/ModelInfer`;
export const STREAM_PATH = `/${SERVICE}/ModelStreamInfer`;

/** A request for the identity model with one raw FP32 tensor. */
export function inferRequest(values: readonly number[], more: Plain = {}): Plain {
  return {
    model_name: 'identity',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, values.length] }],
    raw_input_contents: [Buffer.from(new Float32Array(values).buffer)],
    ...more,
  };
}

export function floatsOf(response: Plain, index = 0): number[] {
  const [raw] = (response.raw_output_contents as Buffer[]).slice(index);
  if (!raw) throw new Error('the answer has no raw output');
  const own = Uint8Array.from(raw);
  return [...new Float32Array(own.buffer)];
}
