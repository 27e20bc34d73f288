import { invalid } from '../base';
import type { DataPlane } from '../dataplane';
import { decodeInferRequest, encodeInferResponse } from '../protocol';
import { compressed, plainBody, wantedCoding } from './content-encoding';
import type { Exchange, RouteContext, RouteParameters } from './exchange';
import type { RequestHeaders } from './request-head';

interface WholeRequest {
  readonly model: string;
  readonly version: string | null;
  readonly headerLength: number | null;
  readonly body: Uint8Array;
}

/** `POST /v2/models/{model}/infer`: the way of a request, from bytes to bytes. */
export async function inferRoute(
  exchange: Exchange,
  { model, version }: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const headerLength = headerLengthOf(exchange.head.headers);
  const refusal = dataPlane.refusalOf(model, version);
  if (refusal) {
    await exchange.skipBody(maxRequestBytes);
    throw refusal;
  }
  try {
    const whole = plainBody(exchange, maxRequestBytes);
    const body = whole instanceof Promise ? await whole : whole;
    await answer(exchange, dataPlane, { model, version, headerLength, body });
  } finally {
    // A request ends with its promise, also when its client has left: what ran of it were copies.
    exchange.releaseBody();
  }
}

async function answer(
  exchange: Exchange,
  dataPlane: DataPlane,
  { model, version, headerLength, body }: WholeRequest,
): Promise<void> {
  // A body without JSON says nothing of itself: its form is the model's.
  const specs = headerLength === 0 ? dataPlane.inputsOf(model, version) : undefined;
  const { signal } = exchange;
  const inference = decodeInferRequest({ model, version, body, headerLength, signal, specs });
  const result = await dataPlane.infer(inference);
  const { headers, chunks } = encodeInferResponse(inference, result);
  const coding = wantedCoding(exchange.head.headers.get('accept-encoding'));
  if (coding === null) exchange.respond(200, headers, chunks);
  else exchange.respond(200, { ...headers, 'Content-Encoding': coding }, [await compressed(chunks, coding)]);
}

/** `Inference-Header-Content-Length`: bytes of JSON (before compression) before the binary tensors; null when absent. */
function headerLengthOf(headers: RequestHeaders): number | null {
  const text = headers.get('inference-header-content-length');
  if (text === undefined) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(
    `Inference-Header-Content-Length must be a whole number of at least 0, ${JSON.stringify(text).slice(0, 60)} was given`,
  );
}
