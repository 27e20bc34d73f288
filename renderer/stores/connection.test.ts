import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { DesktopBridge, DesktopEngine } from '../../electron/bridge';

interface FakeSocket {
  readonly url: string;
  opened(): void;
  closed(): void;
}

const sockets: FakeSocket[] = [];
const tokenIsRefused = vi.fn(async () => false);
let bridge: Partial<DesktopBridge> | undefined;

vi.mock('../control', async (original) => ({
  ...(await original<typeof import('../control')>()),
  connectControl: (
    address: { controlUrl: string; token: string },
    listener: Pick<FakeSocket, 'opened' | 'closed'>,
  ) => {
    sockets.push({ url: `${address.controlUrl} ${address.token}`, ...listener });
    return { client: {}, address, close: () => listener.closed() };
  },
  tokenIsRefused: () => tokenIsRefused(),
  desktop: () => bridge,
  isDesktop: () => bridge !== undefined,
}));

// The connection is one per page: each test gets a page of its own.
let { connectionStore, controlClient, startConnection } = await import('./connection');

/** Opens the page at this fragment; unlike setting `location.hash` this tells no other page's listener. */
const visit = (hash: string) => window.history.replaceState(null, '', `/${hash}`);

const phase = () => connectionStore.getState().phase;
const unsubscribed = vi.fn();
const subscribed = vi.fn(() => unsubscribed);
const newest = () => sockets.at(-1)!;

beforeEach(async () => {
  vi.resetModules();
  ({ connectionStore, controlClient, startConnection } = await import('./connection'));
  sockets.length = 0;
  vi.clearAllMocks();
  sessionStorage.clear();
  visit('');
  bridge = undefined;
});

describe('in a browser', () => {
  test('without a token nothing is tried and the page says so', () => {
    startConnection(subscribed);
    expect(phase()).toBe('refused');
    expect(sockets).toHaveLength(0);
  });

  test('the token of the address is used, kept for a reload, and taken out of the address bar', () => {
    visit('#token=abc123');
    startConnection(subscribed);
    expect(newest().url).toContain('abc123');
    expect(window.location.hash).toBe('');
    expect(sessionStorage.getItem('ferry.token')).toBe('abc123');
  });

  test('calls are refused with a clear error until the connection is open', () => {
    visit('#token=abc123');
    startConnection(subscribed);
    expect(() => controlClient()).toThrow(/not connected/);
    newest().opened();
    expect(phase()).toBe('open');
    expect(() => controlClient()).not.toThrow();
  });

  test('a connection that closes is lost, not given up, and is open again later', () => {
    visit('#token=abc123');
    startConnection(subscribed);
    newest().opened();
    newest().closed();
    expect(connectionStore.getState()).toMatchObject({ phase: 'lost', attempt: 1 });
    newest().opened();
    expect(connectionStore.getState()).toMatchObject({ phase: 'open', attempt: 0 });
  });

  test('a token of an earlier start is told apart from an absent engine', async () => {
    tokenIsRefused.mockResolvedValueOnce(true);
    visit('#token=old');
    startConnection(subscribed);
    newest().closed();
    await vi.waitFor(() => expect(phase()).toBe('refused'));
    expect(unsubscribed).toHaveBeenCalled();
  });
});

describe('in the desktop app', () => {
  let tell: (engine: DesktopEngine) => void = () => undefined;

  beforeEach(() => {
    bridge = {
      onEngine: (listener) => {
        tell = listener;
        return () => undefined;
      },
    };
    startConnection(subscribed);
  });

  test('the engine is connected where the app says, and again after each restart', () => {
    tell({ state: 'running', controlUrl: 'http://127.0.0.1:1', token: 'one' });
    newest().opened();
    tell({ state: 'down', kind: 'crash', message: 'signal SIGSEGV', retryInMs: 500 });
    expect(connectionStore.getState()).toMatchObject({ phase: 'engine-down', engine: { kind: 'crash' } });
    expect(unsubscribed).toHaveBeenCalledTimes(1);
    tell({ state: 'running', controlUrl: 'http://127.0.0.1:2', token: 'two' });
    newest().opened();
    expect(phase()).toBe('open');
    expect(sockets.map((socket) => socket.url)).toEqual(['http://127.0.0.1:1 one', 'http://127.0.0.1:2 two']);
  });

  test('being told of the same engine again changes nothing', () => {
    tell({ state: 'running', controlUrl: 'http://127.0.0.1:1', token: 'one' });
    newest().opened();
    tell({ state: 'running', controlUrl: 'http://127.0.0.1:1', token: 'one' });
    expect(sockets).toHaveLength(1);
    expect(phase()).toBe('open');
  });

  test('what an old connection says late does not count', () => {
    tell({ state: 'running', controlUrl: 'http://127.0.0.1:1', token: 'one' });
    const old = newest();
    tell({ state: 'running', controlUrl: 'http://127.0.0.1:2', token: 'two' });
    newest().opened();
    old.closed();
    expect(phase()).toBe('open');
  });
});
