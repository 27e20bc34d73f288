import { createTRPCClient, createWSClient, type TRPCClient, TRPCClientError, wsLink } from '@trpc/client';
import { WebSocket } from 'ws';
import type { ModelSummary } from '../contract';
import type { ControlRouter } from '../control';
import { CliError, EXIT, failure } from './cli-error';
import type { ControlAddress } from './find-engine';

type WebSocketClass = NonNullable<Parameters<typeof createWSClient>[0]['WebSocket']>;
type Calls = TRPCClient<ControlRouter>;

const SESSION_LIMIT_MS = 10_000;

/** The control plane of a running engine, as its console uses it. */
export interface ControlLink {
  /** Makes a call; what the engine refuses becomes a CliError with its words. */
  call<T>(make: (calls: Calls) => Promise<T>): Promise<T>;
  /** All models as they are now. */
  models(): Promise<readonly ModelSummary[]>;
  close(): Promise<void>;
}

/** Errors: CliError 3 when nothing answers there, 1 when it refuses the token. */
export async function openControl(address: ControlAddress): Promise<ControlLink> {
  await checkSession(address);
  const query = new URLSearchParams({ token: address.token });
  let lost: (error: Error) => void = () => undefined;
  const closed = new Promise<never>((_, reject) => {
    lost = reject;
  });
  closed.catch(() => undefined);
  const socket = createWSClient({
    url: `${address.url.replace(/^http/, 'ws')}/trpc?${query}`,
    WebSocket: WebSocket as unknown as WebSocketClass,
    // A console waits for its engine to come back; a command says that it has gone.
    onClose: () => lost(new CliError(EXIT.unreachable, `the control plane at ${address.url} has gone`)),
  });
  const calls = createTRPCClient<ControlRouter>({ links: [wsLink({ client: socket })] });
  const call: ControlLink['call'] = async (make) => {
    try {
      return await Promise.race([make(calls), closed]);
    } catch (error) {
      throw error instanceof TRPCClientError ? failure(error.message, error) : error;
    }
  };
  return { call, models: () => call(firstModels), close: () => socket.close() };
}

/** The models are a subscription; its first message says how they are now. */
function firstModels(calls: Calls): Promise<readonly ModelSummary[]> {
  return new Promise((resolve, reject) => {
    const subscription = calls.models.subscribe(undefined, {
      onData: (models) => {
        resolve(models);
        subscription.unsubscribe();
      },
      onError: reject,
    });
  });
}

/** Asked over HTTP first: a socket that is refused does not say why. */
async function checkSession({ url, token }: ControlAddress): Promise<void> {
  const status = await fetch(`${url}/session`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(SESSION_LIMIT_MS),
  }).then(
    (answer) => answer.status,
    (error: Error) => {
      throw new CliError(EXIT.unreachable, `no control plane answers at ${url}`, { cause: error });
    },
  );
  if (status === 403) throw failure(`the control plane at ${url} refuses the token`);
  if (status !== 204)
    throw failure(`${url} is no control plane of Ferry: it answered ${status} to GET /session`);
}
