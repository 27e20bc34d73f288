import { desktop } from './desktop';

/** Where the control plane is, and the token it wants. */
export interface EngineAddress {
  /** "http://127.0.0.1:8003". */
  readonly controlUrl: string;
  readonly token: string;
}

const TOKEN_KEY = 'ferry.token';
const TOKEN_IN_HASH = /(?:^#|&)token=([A-Za-z0-9_-]+)/;

/** True when the page's address brings a token. */
export function hashHasToken(): boolean {
  return TOKEN_IN_HASH.test(window.location.hash);
}

/**
 * In a browser: the page's own origin, and the token from the address the engine printed (`#token=…`). The fragment is taken
 * out of the address bar at once, so that the token is in no screenshot or bookmark; a reload finds it in this tab's storage.
 */
export function browserAddress(): EngineAddress | null {
  const match = TOKEN_IN_HASH.exec(window.location.hash);
  if (match?.[1]) {
    sessionStorage.setItem(TOKEN_KEY, match[1]);
    window.history.replaceState(null, '', window.location.pathname);
  }
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token === null ? null : { controlUrl: window.location.origin, token };
}

export function isDesktop(): boolean {
  return desktop() !== undefined;
}
