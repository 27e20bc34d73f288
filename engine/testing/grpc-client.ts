import { Client, credentials, type Metadata, type requestCallback, type ServiceError } from '@grpc/grpc-js';
import { decodeMessage, encodeMessage, messageType } from '../protocol';

/** A message as a plain object, by the field names of the protocol. */
export type Plain = Record<string, unknown>;

interface CallOptions {
  readonly metadata?: Metadata;
  readonly deadline?: Date;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
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
    more: CallOptions & { requestType?: string; responseType?: string } = {},
  ): Promise<Plain> {
    const bytes = encodeMessage(messageType(more.requestType ?? `inference.${method}Request`), request);
    return this.raw(`/${SERVICE}/${method}`, bytes, more).then((answer) =>
      decodeMessage(messageType(more.responseType ?? `inference.${method}Response`), answer),
    );
  }

  raw(path: string, bytes: Uint8Array, more: CallOptions = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const done: requestCallback<Buffer> = (error: ServiceError | null, answer?: Buffer) =>
        error ? reject(error) : resolve(answer ?? Buffer.alloc(0));
      const call = { ...(more.deadline ? { deadline: more.deadline } : {}) };
      const serialize = (message: Uint8Array) => Buffer.from(message);
      const started = more.metadata
        ? this.client.makeUnaryRequest(path, serialize, identity, bytes, more.metadata, call, done)
        : this.client.makeUnaryRequest(path, serialize, identity, bytes, call, done);
      more.signal?.addEventListener('abort', () => started.cancel(), { once: true });
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
