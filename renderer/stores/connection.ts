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
  hashHasToken,
  isDesktop,
  tokenIsRefused,
} from '../control';

/**
 * connecting   no answer yet
 * open         the control plane answers
 * lost         it answered before and does not now; tried again by itself
 * engine-down  the desktop app says that the engine process is not running
 * refused      a browser without a token, or with one of an earlier start
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
  openInBrowser();
  // A new address pasted over this page changes only the fragment: the page is not loaded again.
  window.addEventListener('hashchange', () => {
    if (hashHasToken()) openInBrowser();
  });
}

function openInBrowser(): void {
  const address = browserAddress();
  if (address) open(address);
  else connectionStore.setState({ phase: 'refused' });
}

function followEngine(engine: DesktopEngine): void {
  connectionStore.setState({ engine });
  if (engine.state === 'running') {
    // The shell says its state again whenever somebody begins to listen; the same engine needs no new connection.
    const { controlUrl, token } = engine;
    const known = connection?.address;
    if (known?.controlUrl !== controlUrl || known.token !== token) open({ controlUrl, token });
  } else {
    close();
    connectionStore.setState({ phase: engine.state === 'down' ? 'engine-down' : 'connecting' });
  }
}

function open(address: EngineAddress): void {
  close();
  connectionStore.setState({ phase: 'connecting', attempt: 0 });
  const opened = connectControl(address, {
    opened: () => {
      if (connection === opened) connectionStore.setState({ phase: 'open', attempt: 0 });
    },
    closed: () => {
      // A connection that was given up says so late; what counts is the one that took its place.
      if (connection === opened) lose(opened);
    },
  });
  connection = opened;
  unsubscribe = whenConnected(opened.client);
}

function lose(lost: ControlConnection): void {
  connectionStore.setState(({ phase, attempt }) => ({
    phase: phase === 'open' ? 'lost' : phase,
    attempt: attempt + 1,
  }));
  if (isDesktop()) return;
  // A headless engine that was restarted has another token: trying on would never end.
  void tokenIsRefused(lost.address).then((refused) => {
    if (!refused || connection !== lost) return;
    close();
    connectionStore.setState({ phase: 'refused' });
  });
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
