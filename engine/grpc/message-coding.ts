import { promisify } from 'node:util';
import { constants, deflate, gunzip, gzip, inflate } from 'node:zlib';
import { EngineError, invalid } from '../base';
import { messageTooLarge } from './message-reader';

/** gRPC's message codings beside "identity"; `deflate` is a zlib stream. */
export type MessageCoding = 'gzip' | 'deflate';

/** Value of `grpc-accept-encoding`. */
export const ACCEPTED_CODINGS = 'identity,deflate,gzip';

const UNPACK = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;
const PACK = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;
/** Tensors hardly shrink, and answers wait for it: the cheapest level. */
const OPTIONS = { level: constants.Z_BEST_SPEED };

/** Null: messages are as they are. Throws UNSUPPORTED for a coding that is not understood. */
export function codingOf(grpcEncoding: string | undefined): MessageCoding | null {
  if (grpcEncoding === undefined || grpcEncoding === 'identity') return null;
  if (grpcEncoding === 'gzip' || grpcEncoding === 'deflate') return grpcEncoding;
  throw new EngineError(
    'UNSUPPORTED',
    `grpc-encoding ${JSON.stringify(grpcEncoding.slice(0, 60))} is not supported; gzip, deflate and identity are`,
  );
}

/** Rejects with PAYLOAD_TOO_LARGE as soon as more than the limit comes out, INVALID_ARGUMENT for what is not of that coding. */
export async function unpackMessage(
  message: Buffer,
  coding: MessageCoding,
  limitBytes: number,
): Promise<Buffer> {
  try {
    return await UNPACK[coding](message, { maxOutputLength: limitBytes });
  } catch (error) {
    const { code, message: reason } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw messageTooLarge(`the message is larger once it is unpacked (${coding})`, limitBytes);
    throw invalid(`the message is not valid ${coding}: ${reason}`);
  }
}

export function packMessage(pieces: readonly Uint8Array[], coding: MessageCoding): Promise<Buffer> {
  return PACK[coding](Buffer.concat(pieces), OPTIONS);
}
