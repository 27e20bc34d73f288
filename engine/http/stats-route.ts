import { encodeStatistics } from '../protocol';
import { type Exchange, type RouteContext, type RouteParameters, sendJson } from './exchange';

/** `GET /v2/models/{model}/stats`, and `GET /v2/models/stats` for all models that are ready. */
export function statsRoute(
  exchange: Exchange,
  { model, version }: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  sendJson(exchange, 200, encodeStatistics(dataPlane.statistics(model === '' ? null : model, version)));
}
