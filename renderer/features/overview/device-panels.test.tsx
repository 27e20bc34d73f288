import { MantineProvider } from '@mantine/core';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { DeviceMemory, EngineStatus, MetricsSample } from '../../../engine/contract';
import { metricsStore, statusStore } from '../../stores';
import { DevicePanels } from './device-panels';

const sample = (atMs: number, busyUs: readonly [number, number]) =>
  ({
    atMs,
    monotonicUs: atMs * 1000,
    models: [],
    devices: [
      {
        id: 'cpu',
        shares: [
          { model: 'large', weight: 3, deviceClass: 'foreground', busyUs: busyUs[0] },
          { model: 'small', weight: 1, deviceClass: 'background', busyUs: busyUs[1] },
        ],
      },
    ],
  }) as unknown as MetricsSample;
const MiB = 1024 * 1024;
const memory: DeviceMemory = {
  deviceId: 'cpu',
  budgetBytes: 100 * MiB,
  budgetNote: '--memory-budget cpu',
  reservedBytes: 30 * MiB,
  evictions: 1,
  models: [
    { model: 'large', bytes: 30 * MiB, pinned: true, lastUsedAtMs: null, resident: true },
    { model: 'small', bytes: 80 * MiB, pinned: false, lastUsedAtMs: 1, resident: false },
  ],
};

function show(samples: readonly MetricsSample[], memories: readonly DeviceMemory[]) {
  metricsStore.setState({ samples });
  statusStore.setState({ status: { devices: [], memory: memories } as unknown as EngineStatus });
  render(
    <MantineProvider>
      <DevicePanels />
    </MantineProvider>,
  );
}

afterEach(() => {
  cleanup();
  metricsStore.setState({ samples: [] });
  statusStore.setState({ status: null });
});

test('says who has a device: time with weights, memory with budget, what is free, pins and what was evicted', () => {
  show([sample(0, [0, 0]), sample(2_000, [750, 250])], [memory]);
  const device = screen.getByRole('group', { name: 'Device cpu' }).textContent;
  expect(screen.getByRole('img', { name: 'Device time by model, large 75 %, small 25 %' })).toBeTruthy();
  expect(device).toContain('weight 3');
  expect(device).toContain('weight 1, background');
  expect(
    screen.getByRole('img', { name: 'Reserved memory by model, large 30 MiB, 70 MiB free' }),
  ).toBeTruthy();
  expect(device).toContain('30 MiB reserved of a budget of 100 MiB (--memory-budget cpu), 1 eviction');
  expect(device).toContain('pinned');
  expect(device).toContain('loaded with the next request: small (80 MiB)');
});

test('says so when more is reserved than the budget, and when nothing runs', () => {
  show([sample(0, [5, 5]), sample(2_000, [5, 5])], [{ ...memory, budgetBytes: 10 * MiB }]);
  expect(screen.getByText('20 MiB over the budget')).toBeTruthy();
  expect(screen.getByText(/nothing runs/)).toBeTruthy();
});
