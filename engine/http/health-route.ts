import { type Exchange, type RouteContext, type RouteParameters, sendJson } from './exchange';

/** `GET /v2/health/live`. The small body is for KServe's client, which reads it; Triton's clients look at the status alone. */
export function liveRoute(exchange: Exchange, _: RouteParameters, { dataPlane }: RouteContext): void {
  if (dataPlane.isLive()) sendJson(exchange, 200, '{"live":true}');
  else sendJson(exchange, 400, '{"live":false,"error":"the server is not live"}');
}

/** `GET /v2/health/ready`: every model that should serve does. */
export function readyRoute(exchange: Exchange, _: RouteParameters, { dataPlane }: RouteContext): void {
  if (dataPlane.isReady()) sendJson(exchange, 200, '{"ready":true,"live":true}');
  else
    sendJson(
      exchange,
      400,
      `{"ready":false,"live":${dataPlane.isLive()},"error":"not every model that should serve is ready"}`,
    );
}

/** `GET /v2/models/{model}/ready`. */
export function modelReadyRoute(
  exchange: Exchange,
  { model, version }: RouteParameters,
  { dataPlane }: RouteContext,
): void {
  const ready = dataPlane.modelReady(model, version);
  const error = ready
    ? {}
    : { error: `model "${model}"${version === null ? '' : ` version ${version}`} is not ready` };
  sendJson(exchange, ready ? 200 : 400, JSON.stringify({ name: model, ready, ...error }));
}
