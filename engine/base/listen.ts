import type { AddressInfo, Server } from 'node:net';
import { EngineError, invalid } from './engine-error';

const IPV4_LOOPBACK = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || IPV4_LOOPBACK.test(host);
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Must be true for a `host` that other machines can reach. */
  readonly allowNetwork: boolean;
  /** The option that sets this port ("--http-port"), for errors. */
  readonly portFlag: string;
}

/** Opens a door. Rejects with PORT_IN_USE, or INVALID_ARGUMENT for an address it cannot or may not have. */
export async function listen(
  server: Server,
  { host, port, allowNetwork, portFlag }: ListenOptions,
): Promise<{ readonly host: string; readonly port: number }> {
  if (!isLoopback(host) && !allowNetwork)
    throw invalid(`host "${host}" can be reached from other machines: add --allow-network if that is meant`);
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, portFlag));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
  return { host, port: (server.address() as AddressInfo).port };
}

function listenError(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  portFlag: string,
): EngineError {
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new EngineError(
        'PORT_IN_USE',
        `port ${port} on ${host} is taken by another process: start with --port N to use other ports, or with ${portFlag} N for this one`,
        cause,
      );
    case 'EACCES':
      return new EngineError(
        'INVALID_ARGUMENT',
        `port ${port}: this user may not listen on it; choose one from 1024 up (${portFlag} N)`,
        cause,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new EngineError('INVALID_ARGUMENT', `host "${host}" is not an address of this machine`, cause);
    default:
      return new EngineError('INTERNAL', `cannot listen on ${host}:${port}: ${error.message}`, cause);
  }
}
