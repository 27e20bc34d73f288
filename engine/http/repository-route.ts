import { EngineError } from '../base';
import {
  checkUnloadRequest,
  decodeIndexRequest,
  decodeLoadRequest,
  encodeRepositoryIndex,
} from '../protocol';
import { plainBody } from './content-encoding';
import { type Exchange, type RouteContext, type RouteParameters, sendJson, sendNothing } from './exchange';

/** `POST /v2/repository/index`. */
export async function repositoryIndexRoute(
  exchange: Exchange,
  _route: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const readyOnly = decodeIndexRequest(await plainBody(exchange, maxRequestBytes));
  sendJson(exchange, 200, encodeRepositoryIndex(dataPlane.repositoryIndex(readyOnly)));
}

/** `POST /v2/repository/models/{model}/load`: answers when the model serves, or says why it does not. */
export async function loadRoute(
  exchange: Exchange,
  { model }: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  const override = decodeLoadRequest(await plainBody(exchange, maxRequestBytes));
  await dataPlane.loadModel(model, override);
  sendNothing(exchange);
}

/** `POST /v2/repository/models/{model}/unload`. */
export async function unloadRoute(
  exchange: Exchange,
  { model }: RouteParameters,
  { dataPlane, maxRequestBytes }: RouteContext,
): Promise<void> {
  checkUnloadRequest(await plainBody(exchange, maxRequestBytes));
  await dataPlane.unloadModel(model);
  sendNothing(exchange);
}

/** `POST /v2/repository/{repository}/…`: there is one repository, and it has no name. */
export function namedRepositoryRoute(): never {
  throw new EngineError(
    'UNSUPPORTED',
    'a repository cannot be named: leave its name out of the path (/v2/repository/models/…)',
  );
}
