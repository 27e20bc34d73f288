import { ERROR_CODES } from '../contract';
import { decodeMessage, encodeMessage, fileDescriptors, messageType } from '../protocol';
import type { StreamCallView, StreamHandler, StreamMethod } from './method';

/** grpc.reflection of either version: what generic clients learn the services from. */
export function reflectionMethod(version: 'v1' | 'v1alpha'): StreamMethod {
  const requestType = messageType(`grpc.reflection.${version}.ServerReflectionRequest`);
  const responseType = messageType(`grpc.reflection.${version}.ServerReflectionResponse`);
  const answer = (message: Buffer): Uint8Array => {
    const request = decodeMessage(requestType, message);
    return encodeMessage(responseType, {
      valid_host: request.host,
      original_request: requestType.decode(message),
      ...answerTo(request),
    });
  };
  return { kind: 'stream', open: (call) => new Reflection(call, answer) };
}

class Reflection implements StreamHandler {
  readonly #call: StreamCallView;
  readonly #answer: (message: Buffer) => Uint8Array;

  constructor(call: StreamCallView, answer: (message: Buffer) => Uint8Array) {
    this.#call = call;
    this.#answer = answer;
  }

  message(message: Buffer): void {
    this.#call.send(this.#answer(message));
  }

  end(): void {
    this.#call.end();
  }

  closed(): void {
    // It holds nothing.
  }
}

function answerTo(request: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const kind = request.message_request as string | undefined;
  const asked = kind === undefined ? '' : String(request[kind]);
  const files = fileDescriptors();
  if (kind === 'list_services') {
    const service = files.flatMap(({ services }) => services.map((name) => ({ name })));
    return { list_services_response: { service } };
  }
  if (kind === 'file_by_filename' || kind === 'file_containing_symbol') {
    const found = files.find(({ name, symbols }) =>
      kind === 'file_by_filename' ? name === asked : symbols.has(asked),
    );
    if (found) return { file_descriptor_response: { file_descriptor_proto: [found.bytes] } };
  }
  return {
    error_response: {
      error_code: ERROR_CODES.NOT_FOUND.grpcStatus,
      error_message: `nothing is known under ${JSON.stringify(asked.slice(0, 60))}`,
    },
  };
}
