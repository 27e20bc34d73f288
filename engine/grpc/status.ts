import type { EngineError } from '../base';
import { encodeHeaders } from './http2';
import { ACCEPTED_CODINGS, type MessageCoding } from './message-coding';

/** Longest text of an error, in bytes as they travel: it must fit into the smallest frame of fields there is. */
const MESSAGE_BYTES = 4096;

const answerFields = (coding: MessageCoding | null) =>
  encodeHeaders([
    [':status', '200'],
    ['content-type', 'application/grpc'],
    ...(coding === null ? [] : ([['grpc-encoding', coding]] as const)),
    ['grpc-accept-encoding', ACCEPTED_CODINGS],
  ]);

/** The fields before an answer's messages, by the coding of the messages. */
const ANSWER_HEADERS = {
  identity: answerFields(null),
  gzip: answerFields('gzip'),
  deflate: answerFields('deflate'),
} as const;

export function answerHeaders(coding: MessageCoding | null): Buffer {
  return ANSWER_HEADERS[coding ?? 'identity'];
}

/** The fields that end a call that went well. */
export const OK_TRAILERS: Buffer = encodeHeaders([['grpc-status', '0']]);

/**
 * The fields that end a call that failed.
 *
 * @param isOnly true when nothing went before them: they then begin the answer, too
 */
export function errorTrailers(error: EngineError, isOnly: boolean): Buffer {
  const head = isOnly
    ? ([
        [':status', '200'],
        ['content-type', 'application/grpc'],
        ['grpc-accept-encoding', ACCEPTED_CODINGS],
      ] as const)
    : [];
  return encodeHeaders([
    ...head,
    ['grpc-status', String(error.grpcStatus)],
    ['grpc-message', percentEncoded(error.message)],
    ['ferry-error-code', error.code],
    ...retryFields(error),
  ]);
}

/** When to try again: for the retry policy of a gRPC client, and for people as HTTP has it. */
function retryFields({ retryAfterSeconds }: EngineError): readonly (readonly [string, string])[] {
  if (retryAfterSeconds === undefined) return [];
  return [
    ['grpc-retry-pushback-ms', String(retryAfterSeconds * 1000)],
    ['retry-after', String(retryAfterSeconds)],
  ];
}

/** Fields of the answer to a request that is no gRPC call. */
export function httpStatusFields(status: number): Buffer {
  return encodeHeaders([[':status', String(status)]]);
}

/** gRPC's form of a message in a field: UTF-8, of which all but printable ASCII, and "%", is written as "%XX". */
export function percentEncoded(message: string): string {
  let text = '';
  for (const byte of Buffer.from(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    const next = isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (text.length + next.length > MESSAGE_BYTES) break;
    text += next;
  }
  return text;
}
