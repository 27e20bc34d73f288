import createRouter, { type HTTPMethod } from 'find-my-way';
import { EngineError } from '../base';
import type { Exchange, RouteContext, RouteParameters } from './exchange';
import { liveRoute, modelReadyRoute, readyRoute } from './health-route';
import { inferRoute } from './infer-route';
import { modelMetadataRoute, serverMetadataRoute } from './metadata-route';

type Handle = (exchange: Exchange, route: RouteParameters, context: RouteContext) => void | Promise<void>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: Handle;
}

/** With and without a version. A version that is not all digits is no route: 404, as in Triton. */
function modelRoute(method: Route['method'], suffix: string, handle: Handle): Route[] {
  const model = '/v2/models/:model';
  return [
    { method, path: `${model}${suffix}`, handle },
    { method, path: `${model}/versions/:version(^\\d+$)${suffix}`, handle },
  ];
}

/**
 * Everything the data plane serves over HTTP. The protocol's other parts get their rows here: model `config` and `stats`,
 * `/v2/models/stats`, `/v2/repository/…`.
 */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v2', handle: serverMetadataRoute },
  // The protocol's OpenAPI description has the slash.
  { method: 'GET', path: '/v2/', handle: serverMetadataRoute },
  { method: 'GET', path: '/v2/health/live', handle: liveRoute },
  { method: 'GET', path: '/v2/health/ready', handle: readyRoute },
  ...modelRoute('GET', '', modelMetadataRoute),
  ...modelRoute('GET', '/ready', modelReadyRoute),
  ...modelRoute('POST', '/infer', inferRoute),
];

/** Room for the longest model name with every character percent-encoded. */
const MAX_PARAMETER_LENGTH = 1024;
const METHODS: readonly HTTPMethod[] = ['GET', 'HEAD', 'POST'];

export interface FoundRoute extends RouteParameters {
  readonly handle: Handle;
}

/** Thrown for a path that exists, but not with this method. */
export class WrongMethod extends EngineError {
  constructor(
    method: string,
    path: string,
    readonly allowed: readonly string[],
  ) {
    super('METHOD_NOT_ALLOWED', `Method Not Allowed: ${path} takes ${allowed.join(', ')}, not ${method}`);
  }
}

/** Finds the route of a request. The returned function throws NOT_FOUND or METHOD_NOT_ALLOWED. */
export function createRoutes(): (method: string, url: string) => FoundRoute {
  const router = createRouter({ maxParamLength: MAX_PARAMETER_LENGTH });
  for (const { method, path, handle } of ROUTES) {
    const methods: HTTPMethod[] = method === 'GET' ? ['GET', 'HEAD'] : [method];
    router.on(methods, path, () => undefined, { handle });
  }
  return (method, url) => {
    const found = router.find(method as HTTPMethod, url);
    if (found) {
      const { handle } = found.store as { readonly handle: Handle };
      return { handle, model: found.params.model ?? '', version: found.params.version ?? null };
    }
    const path = url.slice(0, 200).split('?')[0] ?? '';
    const allowed = METHODS.filter((other) => router.find(other, url) !== null);
    if (allowed.length > 0) throw new WrongMethod(method, path, allowed);
    throw new EngineError('NOT_FOUND', `Not Found: ${path} is not a path of this server`);
  };
}
