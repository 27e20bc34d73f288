import { EngineError, invalid, isLoopback } from '../base';
import type { RequestHeaders } from './request-head';

export interface GateOptions {
  /** Address that the door listens on. */
  readonly host: string;
  /** Further names under which it may be addressed. */
  readonly allowedHosts: readonly string[];
}

/** What is looked at of a request. */
export interface GatedRequest {
  readonly headers: RequestHeaders;
  /** Address of this machine that the connection came in at. */
  readonly localAddress: string | null;
}

const HOST_HEADER = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::\d{1,5})?$/;
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const SHOWN_CHARACTERS = 200;

/**
 * Stands before every route. A browser can be made to send requests here in two ways, and both are refused unless expressly
 * allowed: by a name of the attacker's that resolves to this machine (DNS rebinding: the Host header is then that name), and by
 * a page of another origin (the Origin header says so). Programs are not affected: they use our address and send no Origin.
 *
 * The returned check throws FORBIDDEN, or INVALID_ARGUMENT for a Host header that is missing or malformed.
 */
export function createGate({ host, allowedHosts }: GateOptions): (request: GatedRequest) => void {
  const names = new Set(
    [...allowedHosts, ...(WILDCARDS.has(host) ? [] : [host])].map((name) => name.toLowerCase()),
  );
  return (request) => {
    const given = request.headers.get('host');
    if (!given) throw invalid('the Host header is missing');
    const name = hostNameOf(given.toLowerCase());
    if (name === null) throw invalid(`the Host header ${shown(given)} is not a host name or address`);
    // An address cannot be rebound. Listening on all interfaces, ours are those that connections come in at.
    const isOurs = isLoopback(name) || names.has(name) || name === request.localAddress;
    if (!isOurs) {
      throw new EngineError(
        'FORBIDDEN',
        `the Host header ${shown(given)} is not a name of this server; use its address, or add the name with --allowed-host`,
      );
    }
    const origin = request.headers.get('origin');
    if (origin !== undefined && origin.toLowerCase() !== `http://${given.toLowerCase()}`) {
      throw new EngineError(
        'FORBIDDEN',
        `requests from pages of another origin (${shown(origin)}) are refused`,
      );
    }
  };
}

/** The name in a Host header, without port and brackets; null when it is malformed. */
function hostNameOf(header: string): string | null {
  const name = HOST_HEADER.exec(header)?.[1];
  if (name === undefined) return null;
  return name.startsWith('[') ? name.slice(1, -1) : name;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_CHARACTERS));
}
