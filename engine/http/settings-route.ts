import { decodeSettings, encodeLogSettings, encodeTraceSettings } from '../protocol';
import { plainBody } from './content-encoding';
import { type Exchange, type RouteContext, type RouteParameters, sendJson } from './exchange';

/** `GET /v2/trace/setting`, `GET /v2/models/{model}/trace/setting`. */
export function traceSettingsRoute(
  exchange: Exchange,
  route: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  sendJson(exchange, 200, encodeTraceSettings(dataPlane.traceSettings(modelOf(route))));
}

/** `POST` to the same: changes the settings that are given, and answers with all. */
export async function updateTraceSettingsRoute(
  exchange: Exchange,
  route: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const change = decodeSettings(await plainBody(exchange, maxRequestBytes));
  sendJson(exchange, 200, encodeTraceSettings(dataPlane.updateTraceSettings(modelOf(route), change)));
}

/** `GET /v2/logging`. */
export function logSettingsRoute(
  exchange: Exchange,
  _route: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  sendJson(exchange, 200, encodeLogSettings(dataPlane.logSettings()));
}

/** `POST /v2/logging`: changes the settings that are given, and answers with all. */
export async function updateLogSettingsRoute(
  exchange: Exchange,
  _route: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const change = decodeSettings(await plainBody(exchange, maxRequestBytes));
  sendJson(exchange, 200, encodeLogSettings(dataPlane.updateLogSettings(change)));
}

/** Null: the path is the server's. */
function modelOf({ model }: RouteParameters): string | null {
  return model === '' ? null : model;
}
