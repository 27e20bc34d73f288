import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadTestRun } from '../../../engine/contract';
import { loadTestStore, modelsStore } from '../../stores';
import { modelSummary } from '../../stores/model-summary.fixture';
import { formStore } from './form-store';
import { LoadTestScreen } from './load-test-screen';

const calls = vi.hoisted(() => ({
  startLoadTest: vi.fn(),
  stopLoadTest: vi.fn(),
  refreshHistory: vi.fn(),
}));
vi.mock('../../stores', async (original) => ({
  ...(await original<typeof import('../../stores')>()),
  ...calls,
}));

const model = modelSummary();
const latency = { p50Ms: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1, maxMs: 1, meanMs: 1 };
const running = {
  id: 'r1',
  scenario: {
    model: 'demo-mlp',
    executor: { kind: 'closed', clients: 32 },
    rowsPerRequest: 1,
    encoding: 'binary',
    label: '',
    durationMs: 20_000,
    warmupMs: 0,
  },
  state: 'running',
  startedAtMs: 0,
  finishedAtMs: null,
  measuredMs: 5_000,
  counts: { offered: 10, sent: 10, succeeded: 10, dropped: 0, errors: {} },
  achievedPerSecond: 2,
  inferencesPerSecond: 2,
  latency,
  serviceTime: latency,
  generatorLagP99Ms: 0,
  points: [],
  settingsNote: '',
  error: null,
} as unknown as LoadTestRun;

const show = () =>
  act(async () => {
    render(
      <MantineProvider>
        <LoadTestScreen />
      </MantineProvider>,
    );
  });
const press = (name: string) =>
  act(async () => {
    fireEvent.click(screen.getByRole('button', { name }));
  });

describe('load test screen', () => {
  beforeEach(() => {
    for (const call of Object.values(calls)) call.mockReset().mockResolvedValue(undefined);
    modelsStore.setState({ models: [model] });
    loadTestStore.setState({ current: null, history: [] });
    formStore.setState({ form: null, showFaults: false });
  });
  afterEach(cleanup);

  it('is ready to start on the first ready model', async () => {
    await show();
    await press('Start');
    expect(calls.startLoadTest.mock.calls[0]?.[0]).toMatchObject({
      model: 'demo-mlp',
      executor: { kind: 'closed', clients: 32 },
      durationMs: 20_000,
    });
  });

  it('says what to correct instead of starting, also for a field that is folded away', async () => {
    await show();
    await act(async () => {
      formStore.setState((state) => ({ form: state.form && { ...state.form, seed: '' } }));
    });
    await press('Start');
    expect(calls.startLoadTest).not.toHaveBeenCalled();
    expect(screen.getByRole('alert').textContent).toContain('Seed: a number is needed');
  });

  it('shows why the engine did not start it', async () => {
    calls.startLoadTest.mockRejectedValue(new Error('a load test is running already'));
    await show();
    await press('Start');
    expect(screen.getByRole('alert').textContent).toContain('a load test is running already');
  });

  it('offers to stop while a run goes on, and keeps the model settings in reach', async () => {
    loadTestStore.setState({ current: running });
    await show();
    expect(screen.queryByRole('button', { name: 'Start' })).toBeNull();
    expect(screen.getByRole('slider', { name: 'Max batch size' })).toBeTruthy();
    await press('Stop');
    expect(calls.stopLoadTest).toHaveBeenCalledOnce();
  });

  it('sends the operator to Models when there is none', async () => {
    modelsStore.setState({ models: [] });
    await show();
    expect(screen.getByRole('link', { name: 'Go to Models' }).getAttribute('href')).toBe('#/models');
  });
});
