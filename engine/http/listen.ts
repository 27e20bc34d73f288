import { EngineError, invalid } from '../base';
import { isLoopback } from './gate';

/** Why a door may not listen on `host`; null when it may. */
export function whyNotListen(host: string, allowNetwork: boolean): EngineError | null {
  if (isLoopback(host) || allowNetwork) return null;
  return invalid(`host "${host}" can be reached from other machines: add --allow-network if that is meant`);
}

/** What a failed `listen` means to the operator. `flag` sets this door's port. */
export function listenError(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  flag: string,
): EngineError {
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new EngineError(
        'PORT_IN_USE',
        `port ${port} on ${host} is taken by another process: start with --port N to use other ports, or with ${flag} N for this one`,
        cause,
      );
    case 'EACCES':
      return new EngineError(
        'INVALID_ARGUMENT',
        `port ${port}: this user may not listen on it; choose one from 1024 up (${flag} N)`,
        cause,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new EngineError('INVALID_ARGUMENT', `host "${host}" is not an address of this machine`, cause);
    default:
      return new EngineError('INTERNAL', `cannot listen on ${host}:${port}: ${error.message}`, cause);
  }
}
