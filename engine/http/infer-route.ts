import { invalid } from '../base';
import { decodeInferRequest, encodeInferResponse } from '../protocol';
import { compressed, plainBody, wantedCoding } from './content-encoding';
import type { Exchange, RouteContext, RouteParameters } from './exchange';
import type { RequestHeaders } from './request-head';

/** `POST /v2/models/{model}/infer`: the way of a request, from bytes to bytes. */
export async function inferRoute(
  exchange: Exchange,
  { model, version }: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const { headers } = exchange.head;
  const headerLength = headerLengthOf(headers);
  const refusal = dataPlane.refusalOf(model, version);
  if (refusal) {
    await exchange.skipBody(maxRequestBytes);
    throw refusal;
  }
  const whole = plainBody(exchange, maxRequestBytes);
  const body = whole instanceof Promise ? await whole : whole;
  // A body without JSON says nothing of itself: its form is the model's.
  const specs = headerLength === 0 ? dataPlane.inputsOf(model, version) : undefined;
  const { signal } = exchange;
  const inference = decodeInferRequest({ model, version, body, headerLength, signal, specs });
  const result = await dataPlane.infer(inference);
  const answer = encodeInferResponse(inference, result);
  const coding = wantedCoding(headers.get('accept-encoding'));
  if (coding === null) exchange.respond(200, answer.headers, answer.chunks);
  else {
    const packed = await compressed(answer.chunks, coding);
    exchange.respond(200, { ...answer.headers, 'Content-Encoding': coding }, [packed]);
  }
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
