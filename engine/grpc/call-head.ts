import { EngineError, invalid } from '../base';
import { CODE, type HeaderList, StreamError } from './http2';
import { codingOf, type MessageCoding } from './message-coding';

/** What the fields of a call say. */
export interface CallHead {
  /** "/package.Service/Method". */
  readonly path: string;
  /** Time the client gives its call; null for all it takes. */
  readonly timeoutUs: number | null;
  /** How the client's messages are packed where they say that they are. */
  readonly coding: MessageCoding | null;
  /** The client understands an answer in the coding of its own messages. */
  readonly acceptsOwnCoding: boolean;
  /** Wants an error of a streamed request as the call's status (`triton_grpc_error: true`). */
  readonly wantsStatusErrors: boolean;
}

/** A call that is no gRPC call: answered by an HTTP status. */
export class NotGrpc extends Error {
  constructor(readonly httpStatus: number) {
    super(`HTTP ${httpStatus}`);
  }
}

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_US: Readonly<Record<string, number>> = {
  H: 3_600_000_000,
  M: 60_000_000,
  S: 1_000_000,
  m: 1_000,
  u: 1,
  n: 0.001,
};
/** Fields of HTTP/1 connections, which have no place in HTTP/2 (RFC 9113, 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const REQUEST_PSEUDO: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority']);

/**
 * Fields to head. Throws StreamError for a request that is malformed by RFC 9113, NotGrpc for one that is no call, EngineError
 * (UNSUPPORTED, INVALID_ARGUMENT, HEADERS_TOO_LARGE) for a call that cannot be served.
 */
export function parseCallHead(streamId: number, { fields, isTooLarge }: HeaderList): CallHead {
  if (isTooLarge)
    throw new EngineError('HEADERS_TOO_LARGE', 'the metadata is larger than 65536 bytes, which is the limit');
  const found = collect(streamId, fields);
  const path = found.get(':path');
  if (path === undefined || !found.has(':method') || !found.has(':scheme'))
    throw malformed(streamId, 'a pseudo-header field is missing');
  if (found.get(':method') !== 'POST') throw new NotGrpc(405);
  if (!/^application\/grpc(?:$|[+;])/.test(found.get('content-type') ?? '')) throw new NotGrpc(415);
  const coding = codingOf(found.get('grpc-encoding'));
  const accepted =
    found
      .get('grpc-accept-encoding')
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  return {
    path,
    timeoutUs: timeoutOf(found.get('grpc-timeout')),
    coding,
    acceptsOwnCoding: coding !== null && accepted.includes(coding),
    wantsStatusErrors: found.get('triton_grpc_error') === 'true',
  };
}

function collect(streamId: number, fields: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  let isPseudoOver = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (name.startsWith(':')) {
      if (isPseudoOver || !REQUEST_PSEUDO.has(name) || found.has(name))
        throw malformed(streamId, `the pseudo-header field ${name} is out of place`);
    } else {
      isPseudoOver = true;
      checkField(streamId, name, value);
    }
    found.set(name, value);
  }
  return found;
}

function checkField(streamId: number, name: string, value: string): void {
  if (!FIELD_NAME.test(name)) throw malformed(streamId, 'a field name has characters that it must not have');
  if (CONNECTION_FIELDS.has(name) || (name === 'te' && value !== 'trailers'))
    throw malformed(streamId, `the field ${name} is not allowed in HTTP/2`);
  if (/[\0\r\n]/.test(value))
    throw malformed(streamId, `the field ${name} has characters that it must not have`);
}

function timeoutOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, digits, unit] = TIMEOUT.exec(text) ?? [];
  if (digits === undefined || unit === undefined)
    throw invalid(
      `grpc-timeout: must be up to eight digits and one of H, M, S, m, u, n, ${JSON.stringify(text.slice(0, 40))} was given`,
    );
  return Number(digits) * (UNIT_US[unit] as number);
}

function malformed(streamId: number, message: string): StreamError {
  return new StreamError(streamId, CODE.protocolError, message);
}
