import createRouter, { type HTTPMethod } from 'find-my-way';
import { EngineError } from '../base';
import { ErrorWithHeaders } from './error-response';
import { type RouteParameters, sendJson } from './exchange';
import { openApiSchema } from './message-schemas';
import { openApiDocument } from './openapi';
import { OPERATIONS, type Operation, type Route } from './operations';

/** With and without a version. A version that is not all digits is no route: 404, as in Triton. */
function modelRoute(method: Route['method'], suffix: string, operation: Operation): Route[] {
  const model = '/v2/models/:model';
  return [
    { method, path: `${model}${suffix}`, operation },
    { method, path: `${model}/versions/:version(^\\d+$)${suffix}`, operation },
  ];
}

/** The paths of one kind of shared memory. */
function sharedMemoryRoutes(kind: 'system' | 'cuda'): Route[] {
  const path = `/v2/${kind}sharedmemory`;
  return [
    { method: 'GET', path: `${path}/status`, operation: OPERATIONS.sharedMemoryStatus },
    { method: 'GET', path: `${path}/region/:region/status`, operation: OPERATIONS.regionStatus },
    { method: 'POST', path: `${path}/region/:region/register`, operation: OPERATIONS.registerRegion },
    { method: 'POST', path: `${path}/region/:region/unregister`, operation: OPERATIONS.unregister },
    { method: 'POST', path: `${path}/unregister`, operation: OPERATIONS.unregister },
  ];
}

/** Everything the data plane serves over HTTP. A literal path goes before one with a parameter in its place. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v2', operation: OPERATIONS.serverMetadata },
  // The protocol's OpenAPI description has the slash.
  { method: 'GET', path: '/v2/', operation: OPERATIONS.serverMetadata },
  { method: 'GET', path: '/v2/health/live', operation: OPERATIONS.live },
  { method: 'GET', path: '/v2/health/ready', operation: OPERATIONS.ready },
  ...modelRoute('GET', '', OPERATIONS.modelMetadata),
  ...modelRoute('GET', '/ready', OPERATIONS.modelReady),
  ...modelRoute('GET', '/config', OPERATIONS.modelConfig),
  ...modelRoute('GET', '/stats', OPERATIONS.statistics),
  { method: 'GET', path: '/v2/models/stats', operation: OPERATIONS.statistics },
  ...modelRoute('POST', '/infer', OPERATIONS.infer),
  { method: 'POST', path: '/v2/repository/index', operation: OPERATIONS.index },
  { method: 'POST', path: '/v2/repository/models/:model/load', operation: OPERATIONS.load },
  { method: 'POST', path: '/v2/repository/models/:model/unload', operation: OPERATIONS.unload },
  { method: 'POST', path: '/v2/repository/:repository/index', operation: OPERATIONS.namedRepository },
  {
    method: 'POST',
    path: '/v2/repository/:repository/models/:model/load',
    operation: OPERATIONS.namedRepository,
  },
  {
    method: 'POST',
    path: '/v2/repository/:repository/models/:model/unload',
    operation: OPERATIONS.namedRepository,
  },
  { method: 'GET', path: '/v2/trace/setting', operation: OPERATIONS.traceSettings },
  { method: 'POST', path: '/v2/trace/setting', operation: OPERATIONS.updateTraceSettings },
  { method: 'GET', path: '/v2/models/:model/trace/setting', operation: OPERATIONS.traceSettings },
  { method: 'POST', path: '/v2/models/:model/trace/setting', operation: OPERATIONS.updateTraceSettings },
  { method: 'GET', path: '/v2/logging', operation: OPERATIONS.logSettings },
  { method: 'POST', path: '/v2/logging', operation: OPERATIONS.updateLogSettings },
  ...sharedMemoryRoutes('system'),
  ...sharedMemoryRoutes('cuda'),
  {
    method: 'GET',
    path: '/v2/openapi.json',
    operation: {
      summary: 'This description',
      handle: (exchange) => sendJson(exchange, 200, openApiText()),
      request: null,
      answer: openApiSchema,
      isBinary: false,
      isRefused: false,
    },
  },
];

let description: string | null = null;

function openApiText(): string {
  description ??= JSON.stringify(openApiDocument(ROUTES));
  return description;
}

/** Room for the longest model name with every character percent-encoded. */
const MAX_PARAMETER_LENGTH = 1024;
const METHODS: readonly HTTPMethod[] = ['GET', 'HEAD', 'POST'];

export interface FoundRoute extends RouteParameters {
  readonly handle: Operation['handle'];
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
  for (const { method, path, operation } of ROUTES) {
    const methods: HTTPMethod[] = method === 'GET' ? ['GET', 'HEAD'] : [method];
    router.on(methods, path, () => undefined, operation);
  }
  return (method, url) => {
    const found = router.find(method as HTTPMethod, url);
    if (found) {
      const { handle } = found.store as Operation;
      const { model = '', version = null, region = '' } = found.params;
      return { handle, model, version, region };
    }
    const path = url.slice(0, 200).split('?')[0] ?? '';
    const allowed = METHODS.filter((other) => router.find(other, url) !== null);
    if (allowed.length > 0) throw new WrongMethod(method, path, allowed);
    throw new EngineError('NOT_FOUND', `Not Found: ${path} is not a path of this server`);
  };
}
