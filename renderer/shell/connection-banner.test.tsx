import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectionStore } from '../stores';
import { ConnectionBanner } from './connection-banner';

const restartEngine = vi.hoisted(() => vi.fn(async () => undefined));
vi.mock('../stores', async (original) => ({
  ...(await original<typeof import('../stores')>()),
  restartEngine,
}));

const show = () =>
  render(
    <MantineProvider env="test">
      <ConnectionBanner />
    </MantineProvider>,
  );

const down = (kind: 'crash' | 'exit', retryInMs: number | null) =>
  connectionStore.setState({
    phase: 'engine-down',
    engine: { state: 'down', kind, message: 'it ended with signal SIGSEGV', retryInMs },
  });

describe('the banner', () => {
  beforeEach(() => vi.useFakeTimers());

  afterEach(() => {
    cleanup();
    vi.useRealTimers();
    connectionStore.setState({ phase: 'open', engine: null });
  });

  test('is absent while the engine answers', () => {
    connectionStore.setState({ phase: 'open', engine: null });
    show();
    expect(screen.queryByRole('alert')).toBeNull();
    expect(screen.queryByRole('status')).toBeNull();
  });

  test('tells a crash from an exit, in the words of the app', () => {
    down('crash', null);
    show();
    expect(screen.getByText('The engine crashed')).toBeDefined();
    expect(screen.getByText('it ended with signal SIGSEGV')).toBeDefined();
    expect(screen.getByText('It is not started again by itself.')).toBeDefined();
    act(() => down('exit', null));
    expect(screen.getByText('The engine has stopped')).toBeDefined();
  });

  test('counts down to the next attempt', () => {
    down('crash', 3_000);
    show();
    expect(screen.getByText(/in 3 s/)).toBeDefined();
    act(() => vi.advanceTimersByTime(2_000));
    expect(screen.getByText(/in 1 s/)).toBeDefined();
    act(() => vi.advanceTimersByTime(2_000));
    expect(screen.getByText(/being started again/)).toBeDefined();
  });

  test('restarts the engine at once when asked', async () => {
    down('crash', 30_000);
    show();
    await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Restart now' })));
    expect(restartEngine).toHaveBeenCalledTimes(1);
  });
});
