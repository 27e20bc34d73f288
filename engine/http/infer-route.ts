import type { IncomingMessage, ServerResponse } from 'node:http';
import { EngineError, invalid } from '../base';
import { decodeInferRequest, type EncodedInferResponse, encodeInferResponse } from '../protocol';
import type { Exchange, RouteContext } from './exchange';
import { readBody } from './read-body';

/** Answers up to this size are put together and sent as one piece; copying them costs less than further writes. */
const COPIED_BYTES = 64 * 1024;

/** `POST /v2/models/{model}/infer`: the way of a request, from bytes to bytes. */
export async function inferRoute(
  exchange: Exchange,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const { request, response, model, version, signal, awaitsContinue } = exchange;
  const headerLength = headerLengthOf(request);
  refuseContentEncoding(request);
  const body = await readBody(request, maxRequestBytes, () => awaitsContinue && response.writeContinue());
  // A body without JSON says nothing of itself: its form is the model's.
  const specs = headerLength === 0 ? dataPlane.inputsOf(model, version) : undefined;
  const inference = decodeInferRequest({ model, version, body, headerLength, signal, specs });
  const result = await dataPlane.infer(inference);
  sendResult(response, encodeInferResponse(inference, result));
}

/** `Inference-Header-Content-Length`: bytes of JSON before the binary tensors; null when absent. */
function headerLengthOf({ headers }: IncomingMessage): number | null {
  const text = headers['inference-header-content-length'];
  if (text === undefined) return null;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(
    `Inference-Header-Content-Length must be a whole number of at least 0, ${JSON.stringify(text).slice(0, 60)} was given`,
  );
}

/** The place where compressed bodies will be unpacked. */
function refuseContentEncoding({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return;
  throw new EngineError(
    'UNSUPPORTED',
    `Content-Encoding "${encoding.slice(0, 60)}" is not supported: send the body as it is`,
  );
}

function sendResult(response: ServerResponse, { headers, chunks }: EncodedInferResponse): void {
  response.writeHead(200, headers);
  const length = Number(headers['Content-Length']);
  const [first] = chunks;
  if (chunks.length === 1) response.end(first);
  else if (length <= COPIED_BYTES) response.end(Buffer.concat(chunks, length));
  else {
    response.cork();
    for (const chunk of chunks) response.write(chunk);
    response.end();
  }
}
