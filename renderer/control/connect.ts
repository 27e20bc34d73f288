import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import type { ControlRouter } from '../../engine/control';
import type { EngineAddress } from './engine-address';

export type ControlClient = ReturnType<typeof createTRPCClient<ControlRouter>>;

export interface ControlConnection {
  readonly client: ControlClient;
  readonly address: EngineAddress;
  close(): void;
}

export interface ConnectionListener {
  opened(): void;
  /** The socket closed; it is tried again by itself. */
  closed(): void;
}

/** Waits between attempts: 0.25 s doubling to 5 s, so that a restarted engine is found at once and an absent one costs nothing. */
const retryDelayMs = (attempt: number) => Math.min(250 * 2 ** Math.max(0, attempt - 1), 5_000);

/** Opens the one socket to the control plane. It reconnects by itself, and subscriptions go on. */
export function connectControl(address: EngineAddress, listener: ConnectionListener): ControlConnection {
  const socket = createWSClient({
    url: `${address.controlUrl.replace(/^http/, 'ws')}/trpc?token=${encodeURIComponent(address.token)}`,
    retryDelayMs,
    onOpen: () => listener.opened(),
    onClose: () => listener.closed(),
    keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 },
  });
  return {
    client: createTRPCClient<ControlRouter>({ links: [wsLink({ client: socket })] }),
    address,
    close: () => void socket.close(),
  };
}

/** True when the control plane answers and says that the token is not its own: a refused socket does not tell a page why. */
export async function tokenIsRefused({ controlUrl, token }: EngineAddress): Promise<boolean> {
  try {
    const response = await fetch(`${controlUrl}/session`, { headers: { authorization: `Bearer ${token}` } });
    return response.status === 403;
  } catch {
    return false;
  }
}
