/** What a path of the data plane stands for. */
export type Route =
  | { readonly kind: 'live' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'server-metadata' }
  | { readonly kind: 'model-ready' | 'model-metadata' | 'infer'; readonly model: string; readonly version: string | null };

const METHODS: Readonly<Record<Route['kind'], string>> = {
  live: 'GET',
  ready: 'GET',
  'server-metadata': 'GET',
  'model-ready': 'GET',
  'model-metadata': 'GET',
  infer: 'POST',
};

const MODEL_PATH = /^\/v2\/models\/([^/]{1,400})(?:\/versions\/(\d{1,18}))?(?:\/(ready|infer))?$/;
const MODEL_KINDS = { ready: 'model-ready', infer: 'infer' } as const;

/** The one method that a route answers. HEAD is taken as GET. */
export function methodOf(route: Route): string {
  return METHODS[route.kind];
}

/**
 * The route of a path (without query); null when there is none. The protocol has few paths and they are matched whole, so this is
 * two comparisons and one expression instead of a router (docs/adr/0002-http-door.md).
 */
export function routeOf(path: string): Route | null {
  const model = MODEL_PATH.exec(path);
  if (model) {
    const name = decoded(model[1] ?? '');
    if (name === null) return null;
    return { kind: model[3] ? MODEL_KINDS[model[3] as keyof typeof MODEL_KINDS] : 'model-metadata', model: name, version: model[2] ?? null };
  }
  switch (path) {
    case '/v2':
    case '/v2/':
      return { kind: 'server-metadata' };
    case '/v2/health/live':
      return { kind: 'live' };
    case '/v2/health/ready':
      return { kind: 'ready' };
    default:
      return null;
  }
}

/** Clients percent-encode model names; what is not well encoded names nothing. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
