import { encodeModelMetadata, encodeServerMetadata } from '../protocol';
import { type Exchange, type RouteContext, sendJson } from './exchange';

/** `GET /v2`. */
export function serverMetadataRoute({ response }: Exchange, { dataPlane }: RouteContext): void {
  sendJson(response, 200, encodeServerMetadata(dataPlane.serverInfo()));
}

/** `GET /v2/models/{model}`. */
export function modelMetadataRoute(
  { response, model, version }: Exchange,
  { dataPlane }: RouteContext,
): void {
  sendJson(response, 200, encodeModelMetadata(dataPlane.modelMetadata(model, version)));
}
