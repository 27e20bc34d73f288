import createRouter, { type HTTPMethod } from 'find-my-way';
import { EngineError } from '../base';
import { ErrorWithHeaders } from './error-response';
import type { Exchange, RouteContext, RouteParameters } from './exchange';
import { liveRoute, modelReadyRoute, readyRoute } from './health-route';
import { inferRoute } from './infer-route';
import { modelConfigRoute, modelMetadataRoute, serverMetadataRoute } from './metadata-route';
import { loadRoute, namedRepositoryRoute, repositoryIndexRoute, unloadRoute } from './repository-route';
import {
  logSettingsRoute,
  traceSettingsRoute,
  updateLogSettingsRoute,
  updateTraceSettingsRoute,
} from './settings-route';
import {
  regionStatusRoute,
  registerRegionRoute,
  sharedMemoryStatusRoute,
  unregisterRoute,
} from './shared-memory-route';
import { statsRoute } from './stats-route';

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

/** The paths of one kind of shared memory. */
function sharedMemoryRoutes(kind: 'system' | 'cuda'): Route[] {
  const path = `/v2/${kind}sharedmemory`;
  return [
    { method: 'GET', path: `${path}/status`, handle: sharedMemoryStatusRoute },
    { method: 'GET', path: `${path}/region/:region/status`, handle: regionStatusRoute },
    { method: 'POST', path: `${path}/region/:region/register`, handle: registerRegionRoute },
    { method: 'POST', path: `${path}/region/:region/unregister`, handle: unregisterRoute },
    { method: 'POST', path: `${path}/unregister`, handle: unregisterRoute },
  ];
}

/** Everything the data plane serves over HTTP. A literal path goes before one with a parameter in its place. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v2', handle: serverMetadataRoute },
  // The protocol's OpenAPI description has the slash.
  { method: 'GET', path: '/v2/', handle: serverMetadataRoute },
  { method: 'GET', path: '/v2/health/live', handle: liveRoute },
  { method: 'GET', path: '/v2/health/ready', handle: readyRoute },
  ...modelRoute('GET', '', modelMetadataRoute),
  ...modelRoute('GET', '/ready', modelReadyRoute),
  ...modelRoute('GET', '/config', modelConfigRoute),
  ...modelRoute('GET', '/stats', statsRoute),
  { method: 'GET', path: '/v2/models/stats', handle: statsRoute },
  ...modelRoute('POST', '/infer', inferRoute),
  { method: 'POST', path: '/v2/repository/index', handle: repositoryIndexRoute },
  { method: 'POST', path: '/v2/repository/models/:model/load', handle: loadRoute },
  { method: 'POST', path: '/v2/repository/models/:model/unload', handle: unloadRoute },
  { method: 'POST', path: '/v2/repository/:repository/index', handle: namedRepositoryRoute },
  { method: 'POST', path: '/v2/repository/:repository/models/:model/load', handle: namedRepositoryRoute },
  { method: 'POST', path: '/v2/repository/:repository/models/:model/unload', handle: namedRepositoryRoute },
  { method: 'GET', path: '/v2/trace/setting', handle: traceSettingsRoute },
  { method: 'POST', path: '/v2/trace/setting', handle: updateTraceSettingsRoute },
  { method: 'GET', path: '/v2/models/:model/trace/setting', handle: traceSettingsRoute },
  { method: 'POST', path: '/v2/models/:model/trace/setting', handle: updateTraceSettingsRoute },
  { method: 'GET', path: '/v2/logging', handle: logSettingsRoute },
  { method: 'POST', path: '/v2/logging', handle: updateLogSettingsRoute },
  ...sharedMemoryRoutes('system'),
  ...sharedMemoryRoutes('cuda'),
];

/** Room for the longest model name with every character percent-encoded. */
const MAX_PARAMETER_LENGTH = 1024;
const METHODS: readonly HTTPMethod[] = ['GET', 'HEAD', 'POST'];

export interface FoundRoute extends RouteParameters {
  readonly handle: Handle;
}

/** Thrown for a path that exists, but not with this method. */
class WrongMethod extends ErrorWithHeaders {
  constructor(method: string, path: string, allowed: readonly string[]) {
    const methods = allowed.join(', ');
    super('METHOD_NOT_ALLOWED', `Method Not Allowed: ${path} takes ${methods}, not ${method}`, {
      Allow: methods,
    });
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
      const { model = '', version = null, region = '' } = found.params;
      return { handle, model, version, region };
    }
    const path = url.slice(0, 200).split('?')[0] ?? '';
    const allowed = METHODS.filter((other) => router.find(other, url) !== null);
    if (allowed.length > 0) throw new WrongMethod(method, path, allowed);
    throw new EngineError('NOT_FOUND', `Not Found: ${path} is not a path of this server`);
  };
}
