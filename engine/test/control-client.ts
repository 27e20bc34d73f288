import { createTRPCClient, createWSClient, type TRPCClient, wsLink } from '@trpc/client';
import { WebSocket } from 'ws';
import type { ControlRouter } from '../control';

export interface ControlClient {
  readonly calls: TRPCClient<ControlRouter>;
  close(): Promise<void>;
}

type WebSocketClass = NonNullable<Parameters<typeof createWSClient>[0]['WebSocket']>;

/** A console's own way to the engine: tRPC over a socket, with the token. */
export function connectControl(controlUrl: string, token: string): ControlClient {
  const socket = createWSClient({
    url: `${controlUrl.replace('http', 'ws')}/trpc?token=${token}`,
    WebSocket: WebSocket as unknown as WebSocketClass,
  });
  return {
    calls: createTRPCClient<ControlRouter>({ links: [wsLink({ client: socket })] }),
    close: () => socket.close(),
  };
}
