import type { IncomingMessage } from 'node:http';
import { EngineError, invalid } from '../base';

/** More non-empty chunks than any sane client sends; thousands of tiny ones have been used to exhaust servers. */
const CHUNK_LIMIT = 65_536;

/**
 * The whole body of a request. With a Content-Length it goes into one buffer of that size and is refused before a byte is read
 * when it is too long. Rejects with PAYLOAD_TOO_LARGE, INVALID_ARGUMENT, or CANCELLED when the client goes away meanwhile.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const declared = request.headers['content-length'];
  const length = declared === undefined ? null : Number(declared);
  return new Promise((resolve, reject) => {
    if (length !== null && length > limitBytes) {
      reject(new EngineError('PAYLOAD_TOO_LARGE', `the body has ${length} bytes, the limit is ${limitBytes} (--max-request-bytes)`));
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > limitBytes) refuse(new EngineError('PAYLOAD_TOO_LARGE', `the body is longer than the limit of ${limitBytes} bytes (--max-request-bytes)`));
      else if (chunks.length > CHUNK_LIMIT) refuse(invalid(`the body came in more than ${CHUNK_LIMIT} chunks`));
    });
    const refuse = (error: EngineError) => {
      request.removeAllListeners('data');
      request.pause();
      reject(error);
    };
    request.once('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks, bytes));
    });
    const gone = () => reject(new EngineError('CANCELLED', 'the client went away before its request was complete'));
    request.once('error', gone);
    request.once('close', () => !request.complete && gone());
  });
}
