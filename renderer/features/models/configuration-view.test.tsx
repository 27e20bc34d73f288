import { MantineProvider } from '@mantine/core';
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { ModelConfiguration, ModelSummary } from '../../../engine/contract';
import { modelSummary } from '../../stores/model-summary.fixture';
import { ConfigurationView } from './configuration-view';

const calls = vi.hoisted(() => ({ modelConfiguration: vi.fn() }));
vi.mock('../../stores', async (original) => ({
  ...(await original<typeof import('../../stores')>()),
  ...calls,
}));
afterEach(cleanup);

const model = modelSummary({ name: 'm', notices: ['config.pbtxt sets response_cache, without effect'] });
const configuration: ModelConfiguration = {
  values: [
    { path: 'max_batch_size', value: '8', origin: 'file', note: null },
    { path: 'input[0].dims', value: '[ 3 ]', origin: 'onnx', note: 'the model is open here' },
  ],
  lastChange: '-max_batch_size: 4\n+max_batch_size: 8\n',
};
const show = (shown: ModelSummary) =>
  act(async () => {
    render(
      <MantineProvider env="test">
        <ConfigurationView model={shown} />
      </MantineProvider>,
    );
  });

it('shows every value with its origin, what has no effect, and the last change as a diff', async () => {
  calls.modelConfiguration.mockResolvedValue(configuration);
  await show(model);
  expect(calls.modelConfiguration).toHaveBeenCalledWith('m');
  const rows = screen.getAllByRole('row').map((row) => row.textContent);
  expect(rows.slice(1)).toEqual(['max_batch_size8file', 'input[0].dims[ 3 ]the model is open hereonnx']);
  expect(screen.getByText(/sets response_cache/)).toBeTruthy();
  expect(screen.getByRole('region', { name: /Last change/ }).textContent).toContain('+max_batch_size: 8');
});

it('says why when it cannot be read, and shows no change where there was none', async () => {
  calls.modelConfiguration.mockRejectedValue(new Error('model "m" cannot be read'));
  await show(model);
  expect(screen.getByText('model "m" cannot be read')).toBeTruthy();
  cleanup();
  calls.modelConfiguration.mockResolvedValue({ ...configuration, lastChange: '' });
  await show({ ...model, notices: [] });
  expect(screen.queryByRole('region')).toBeNull();
  expect(screen.queryByText('Without effect here')).toBeNull();
});
