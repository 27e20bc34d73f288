import { encodeModelMetadata, encodeServerMetadata } from '../protocol';
import { type Exchange, type RouteContext, sendJson } from './exchange';

/** `GET /v2`. */
export function serverMetadataRoute({ response }: Exchange, { serverInfo }: RouteContext): void {
  sendJson(response, 200, encodeServerMetadata(serverInfo));
}

/** `GET /v2/models/{model}`. */
export function modelMetadataRoute({ response, model, version }: Exchange, { models }: RouteContext): void {
  sendJson(response, 200, encodeModelMetadata(models.metadata(model, version)));
}
