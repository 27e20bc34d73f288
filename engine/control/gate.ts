import type { IncomingMessage } from 'node:http';
import { EngineError } from '../base';
import { sameToken } from './token';

/** Origin of the desktop app's window (electron/main serves the renderer under it). */
export const DESKTOP_ORIGIN = 'ferry://console';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface GateOptions {
  readonly token: string;
  /** Host names, beside loopback's, under which this door may be addressed. */
  readonly allowedHosts: readonly string[];
}

/**
 * Refuses a page that reached us by a name that is not ours (DNS rebinding) or that comes from another origin. For
 * everything the control plane serves, the renderer's own files included. Throws FORBIDDEN.
 */
export function checkOrigin(request: IncomingMessage, options: GateOptions): void {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!LOOPBACK_NAMES.has(name) && !options.allowedHosts.includes(name)) {
    throw new EngineError(
      'FORBIDDEN',
      `the Host header "${host.slice(0, 200)}" is not a name of this server; open the address that it printed, or add the name with --allowed-host`,
    );
  }
  const origin = request.headers.origin;
  if (
    origin !== undefined &&
    origin !== DESKTOP_ORIGIN &&
    origin !== `http://${host}` &&
    origin !== `https://${host}`
  ) {
    throw new EngineError('FORBIDDEN', `requests from the origin "${origin.slice(0, 200)}" are refused`);
  }
}

/** For everything that reads or changes the engine. Throws FORBIDDEN. */
export function checkToken(given: string | null | undefined, options: GateOptions): void {
  if (!sameToken(options.token, given)) {
    throw new EngineError(
      'FORBIDDEN',
      'the token is missing or wrong: open the address that the engine printed when it started',
    );
  }
}
