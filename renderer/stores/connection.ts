import { createStore } from 'zustand/vanilla';
import type { DesktopEngine } from '../../electron/bridge';
import {
  browserAddress,
  type ControlClient,
  type ControlConnection,
  ControlError,
  connectControl,
  desktop,
  type EngineAddress,
  isDesktop,
} from '../control';

/**
 * connecting   no answer yet
 * open         the control plane answers
 * lost         it answered before and does not now; tried again by itself
 * engine-down  the desktop app says that the engine process is not running
 * refused      a browser without a token
 */
export type ConnectionPhase = 'connecting' | 'open' | 'lost' | 'engine-down' | 'refused';

export interface ConnectionState {
  readonly phase: ConnectionPhase;
  readonly engine: DesktopEngine | null;
  /** Failed attempts since it was last open. */
  readonly attempt: number;
}

export const connectionStore = createStore<ConnectionState>(() => ({
  phase: 'connecting',
  engine: null,
  attempt: 0,
}));

let connection: ControlConnection | null = null;
let whenConnected: (client: ControlClient) => () => void = () => () => undefined;
let unsubscribe: () => void = () => undefined;

/** The client for a call; throws a ControlError while there is no connection. */
export function controlClient(): ControlClient {
  if (!connection || connectionStore.getState().phase !== 'open') {
    throw new ControlError('The engine is not connected. Try again when it is back.', 'SHUTTING_DOWN');
  }
  return connection.client;
}

/** Address of the control plane, for what does not go over its socket (uploads). */
export function controlAddress(): EngineAddress | null {
  return connection?.address ?? null;
}

/**
 * Connects once and keeps connected: to the page's own origin in a browser, to the engine that the desktop app names (again
 * after each restart of it) in the app. `subscribeAll` starts the subscriptions on a fresh client and returns how to end them.
 */
export function startConnection(subscribeAll: (client: ControlClient) => () => void): void {
  whenConnected = subscribeAll;
  const bridge = desktop();
  if (bridge) {
    bridge.onEngine(followEngine);
    return;
  }
  const address = browserAddress();
  if (address) open(address);
  else connectionStore.setState({ phase: 'refused' });
}

function followEngine(engine: DesktopEngine): void {
  connectionStore.setState({ engine });
  if (engine.state === 'running') open({ controlUrl: engine.controlUrl, token: engine.token });
  else {
    close();
    connectionStore.setState({ phase: engine.state === 'down' ? 'engine-down' : 'connecting' });
  }
}

function open(address: EngineAddress): void {
  close();
  connectionStore.setState({ phase: 'connecting', attempt: 0 });
  connection = connectControl(address, {
    opened: () => connectionStore.setState({ phase: 'open', attempt: 0 }),
    closed: () =>
      connectionStore.setState(({ phase, attempt }) => ({
        phase: phase === 'engine-down' ? phase : 'lost',
        attempt: attempt + 1,
      })),
  });
  unsubscribe = whenConnected(connection.client);
}

function close(): void {
  unsubscribe();
  unsubscribe = () => undefined;
  connection?.close();
  connection = null;
}

/** Asks the desktop app to start the engine again; does nothing in a browser. */
export async function restartEngine(): Promise<void> {
  if (isDesktop()) await desktop()?.restartEngine();
}
