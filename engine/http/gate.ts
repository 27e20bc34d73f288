import type { IncomingMessage } from 'node:http';
import { EngineError } from '../base';

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface GateOptions {
  /** Host the door listens on. */
  readonly host: string;
  /** Names beside it under which it may be addressed. */
  readonly allowedHosts: readonly string[];
  /** True when the operator opened the door to the network: then any address of this machine is its name. */
  readonly allowNetwork: boolean;
}

/**
 * Stands in front of every route. A page that reached this address under another name (DNS rebinding) is told by its Host, a
 * page of another site by its Origin; neither gets further. Throws FORBIDDEN.
 */
export function createGate({ host, allowedHosts, allowNetwork }: GateOptions): (request: IncomingMessage) => void {
  const names = new Set([...LOOPBACK_NAMES, host.toLowerCase(), ...allowedHosts.map((name) => name.toLowerCase())]);
  /** Host headers that passed: clients send the same one on every request. */
  let lastGood = '';
  return ({ headers }) => {
    const given = headers.host ?? '';
    if (given !== lastGood) {
      const name = given.replace(/:\d+$/, '').toLowerCase();
      const isAddress = /^[\d.]+$/.test(name) || name.startsWith('[');
      if (!names.has(name) && !(allowNetwork && isAddress)) {
        throw new EngineError('FORBIDDEN', `the Host header "${given.slice(0, 200)}" is not a name of this server; --allowed-host NAME adds one`);
      }
      lastGood = given;
    }
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${given}` && origin !== `https://${given}`) {
      throw new EngineError('FORBIDDEN', `requests from the origin "${origin.slice(0, 200)}" are refused`);
    }
  };
}
