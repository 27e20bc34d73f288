import { encodeModelMetadata, encodeServerMetadata } from '../protocol';
import { type Exchange, type RouteContext, type RouteParameters, sendJson } from './exchange';

/** `GET /v2`. */
export function serverMetadataRoute(
  exchange: Exchange,
  _: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  sendJson(exchange, 200, encodeServerMetadata(dataPlane.serverInfo()));
}

/** `GET /v2/models/{model}`. */
export function modelMetadataRoute(
  exchange: Exchange,
  { model, version }: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  sendJson(exchange, 200, encodeModelMetadata(dataPlane.modelMetadata(model, version)));
}

/** `GET /v2/models/{model}/config`: the effective ModelConfig, by Triton's field names. */
export function modelConfigRoute(
  exchange: Exchange,
  { model, version }: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  sendJson(exchange, 200, JSON.stringify(dataPlane.modelConfig(model, version)));
}
