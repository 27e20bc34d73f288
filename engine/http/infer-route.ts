import type { IncomingMessage, ServerResponse } from 'node:http';
import { EngineError, invalid } from '../base';
import { decodeInferRequest, encodeInferResponse } from '../protocol';
import { ClientLeft } from './client-left';
import type { ModelsPort } from './models-port';
import { readBody } from './read-body';

/** `POST /v2/models/{model}[/versions/{version}]/infer`: read, decode, run, encode, write. Throws EngineErrors. */
export async function answerInfer(
  request: IncomingMessage,
  response: ServerResponse,
  { model, version }: { readonly model: string; readonly version: string | null },
  { models, limitBytes }: { readonly models: ModelsPort; readonly limitBytes: number },
): Promise<void> {
  const headerLength = headerLengthOf(request);
  const body = await readBody(request, limitBytes);
  const specs = headerLength === 0 ? models.inputsOf(model, version) : undefined;
  const signal = new ClientLeft(response);
  const infer = decodeInferRequest({ model, version, body, headerLength, signal, ...(specs ? { specs } : {}) });
  const result = await models.infer(infer);
  if (signal.cancelled) return;
  const { headers, chunks } = encodeInferResponse(infer, result);
  write(response, headers, chunks);
}

function headerLengthOf({ headers }: IncomingMessage): number | null {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new EngineError('UNSUPPORTED', `Content-Encoding "${String(encoding).slice(0, 100)}" is not supported; send the body as it is`);
  }
  const given = headers['inference-header-content-length'];
  if (given === undefined) return null;
  if (typeof given !== 'string' || !/^\d{1,15}$/.test(given)) throw invalid(`Inference-Header-Content-Length is "${String(given).slice(0, 100)}"; it must be a number of bytes`);
  return Number(given);
}

/** Head and body go out in one packet where they fit. */
function write(response: ServerResponse, headers: Readonly<Record<string, string>>, chunks: readonly Uint8Array[]): void {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.byteLength;
  response.writeHead(200, { ...headers, 'Content-Length': bytes });
  response.cork();
  for (const chunk of chunks) response.write(chunk);
  response.end();
  response.uncork();
}
