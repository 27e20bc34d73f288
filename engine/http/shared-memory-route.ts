import { EngineError } from '../base';
import { NO_REGIONS, sharedMemoryUnsupported } from '../protocol';
import { type Exchange, type RouteParameters, sendJson, sendNothing } from './exchange';

/** `GET /v2/{system,cuda}sharedmemory/status`: nothing can be registered, so nothing is. */
export function sharedMemoryStatusRoute(exchange: Exchange): void {
  sendJson(exchange, 200, NO_REGIONS);
}

/** `GET /v2/{system,cuda}sharedmemory/region/{region}/status`. */
export function regionStatusRoute(_exchange: Exchange, { region }: RouteParameters): never {
  throw new EngineError(
    'NOT_FOUND',
    `shared memory region ${JSON.stringify(region.slice(0, 60))} is not registered; shared memory is not supported`,
  );
}

export function registerRegionRoute(): never {
  throw sharedMemoryUnsupported();
}

/** Clients begin by unregistering everything (perf_analyzer does): what was never there is gone. */
export function unregisterRoute(exchange: Exchange): void {
  sendNothing(exchange);
}
