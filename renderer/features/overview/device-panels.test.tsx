import { MantineProvider } from '@mantine/core';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { EngineStatus, MetricsSample } from '../../../engine/contract';
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
function show(samples: readonly MetricsSample[]) {
  metricsStore.setState({ samples });
  statusStore.setState({ status: { devices: [] } as unknown as EngineStatus });
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

test('says who takes the time of a device, with weights and classes', () => {
  show([sample(0, [0, 0]), sample(2_000, [750, 250])]);
  const device = screen.getByRole('group', { name: 'Device cpu' }).textContent;
  expect(screen.getByRole('img', { name: 'Device time by model, large 75 %, small 25 %' })).toBeTruthy();
  expect(device).toContain('weight 3');
  expect(device).toContain('weight 1, background');
});

test('says what to do while nothing runs', () => {
  show([sample(0, [5, 5]), sample(2_000, [5, 5])]);
  expect(screen.getByText(/nothing runs/)).toBeTruthy();
});
