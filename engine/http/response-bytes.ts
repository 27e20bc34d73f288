import { STATUS_CODES } from 'node:http';

/** Answers up to this size are put together and sent as one piece; copying them costs less than further writes. */
const COPIED_BYTES = 64 * 1024;

/** An answer as a route gives it. */
export interface Response {
  readonly status: number;
  /** Content-Length, Date and Connection are added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly Uint8Array[];
}

export interface ResponseFraming {
  /** A HEAD request's answer: all of the head, none of the body. */
  readonly withoutBody: boolean;
  readonly connection: 'close' | 'keep-alive' | null;
  readonly date: string;
}

/** The bytes of an answer, in as few pieces as is cheap. */
export function responseBytes(
  { status, headers, chunks }: Response,
  { withoutBody, connection, date }: ResponseFraming,
): readonly Uint8Array[] {
  let length = 0;
  for (const chunk of chunks) length += chunk.byteLength;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  head += `Content-Length: ${length}\r\nDate: ${date}\r\n`;
  head += connection === null ? '\r\n' : `Connection: ${connection}\r\n\r\n`;
  if (withoutBody) return [Buffer.from(head, 'latin1')];
  if (length > COPIED_BYTES) return [Buffer.from(head, 'latin1'), ...chunks];
  const bytes = Buffer.allocUnsafe(head.length + length);
  bytes.write(head, 'latin1');
  let at = head.length;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return [bytes];
}
