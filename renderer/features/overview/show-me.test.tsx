import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ModelSummary, ShowMeStatus } from '../../../engine/contract';
import { modelsStore, showMeStore } from '../../stores';
import { ShowMe } from './show-me';

const actions = vi.hoisted(() => ({
  startShowMe: vi.fn(async () => undefined),
  stopShowMe: vi.fn(async () => undefined),
}));
vi.mock('../../stores', async (original) => ({
  ...(await original<typeof import('../../stores')>()),
  ...actions,
}));

const idle: ShowMeStatus = {
  stage: 'idle',
  model: 'demo-mlp',
  clients: 32,
  progress: 0,
  off: null,
  on: null,
  sentence: null,
  error: null,
};
const ready = [{ name: 'demo-mlp', state: 'ready', batchable: true } as ModelSummary];

const show = (status: ShowMeStatus, models: readonly ModelSummary[] = ready) => {
  showMeStore.setState({ status });
  modelsStore.setState({ models });
  render(
    <MantineProvider env="test">
      <ShowMe />
    </MantineProvider>,
  );
};

describe('"Show me"', () => {
  beforeEach(() => vi.clearAllMocks());
  afterEach(cleanup);

  test('cannot be pressed without a model that can batch, and says what to do', () => {
    show(idle, [{ ...ready[0]!, batchable: false }]);
    expect(screen.getByRole('button', { name: 'Show me' }).hasAttribute('disabled')).toBe(true);
    expect(screen.getByText(/Load a model that can batch/)).toBeDefined();
  });

  test('starts at a press', async () => {
    show(idle);
    await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Show me' })));
    expect(actions.startShowMe).toHaveBeenCalledTimes(1);
  });

  test('shows how far it is and can be stopped', async () => {
    show({
      ...idle,
      stage: 'batching-on',
      progress: 0.6,
      off: { requestsPerSecond: 241, p50Ms: 118, p95Ms: 171 },
    });
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('60');
    expect(screen.getByText(/32 clients on demo-mlp/)).toBeDefined();
    await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Stop the show' })));
    expect(actions.stopShowMe).toHaveBeenCalledTimes(1);
  });

  test('ends in the sentence of the engine with both halves', () => {
    show({
      ...idle,
      stage: 'done',
      progress: 1,
      off: { requestsPerSecond: 241, p50Ms: 118, p95Ms: 171 },
      on: { requestsPerSecond: 1_183, p50Ms: 24, p95Ms: 41.3, meanBatchSize: 14.2 },
      sentence: 'On this machine batching answers 4.9x more requests per second.',
    });
    expect(screen.getByText(/4\.9x more/)).toBeDefined();
    expect(screen.getByText('241 req/s')).toBeDefined();
    expect(screen.getByText('1,183 req/s')).toBeDefined();
    expect(screen.getByText('mean batch 14.2')).toBeDefined();
  });

  test('says why it failed', () => {
    show({ ...idle, stage: 'failed', error: 'the load test could not connect' });
    expect(screen.getByRole('alert').textContent).toContain('the load test could not connect');
  });
});
