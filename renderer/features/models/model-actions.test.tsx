import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelSummary } from '../../../engine/contract';
import { ModelActions } from './model-actions';

const calls = vi.hoisted(() => ({ unloadModel: vi.fn(), removeModel: vi.fn(), loadModel: vi.fn() }));
vi.mock('../../stores', async (original) => ({
  ...(await original<typeof import('../../stores')>()),
  ...calls,
}));

const model = { name: 'demo-mlp', state: 'ready', repositoryPath: '/models/demo-mlp' } as ModelSummary;
const show = (shown: ModelSummary) =>
  render(
    <MantineProvider env="test">
      <ModelActions model={shown} />
    </MantineProvider>,
  );
const press = (role: 'button' | 'menuitem', name: string) =>
  act(async () => {
    fireEvent.click(screen.getByRole(role, { name }));
  });
const askToRemove = async () => {
  await press('button', 'More actions for demo-mlp');
  await press('menuitem', 'Remove…');
};

describe('model actions', () => {
  beforeEach(() => {
    for (const call of Object.values(calls)) call.mockReset().mockResolvedValue(undefined);
  });
  afterEach(cleanup);

  it('unloads a ready model and loads one that is not', async () => {
    show(model);
    await press('button', 'Unload');
    expect(calls.unloadModel).toHaveBeenCalledWith('demo-mlp');
    cleanup();
    show({ ...model, state: 'unavailable' });
    await press('button', 'Load');
    expect(calls.loadModel).toHaveBeenCalledWith('demo-mlp');
  });

  it('removes nothing before the question is answered', async () => {
    show(model);
    await askToRemove();
    expect(screen.getByRole('dialog', { name: 'Remove demo-mlp?' })).toBeTruthy();
    await press('button', 'Keep');
    expect(calls.removeModel).not.toHaveBeenCalled();
  });

  it('unloads a ready model before it deletes its folder', async () => {
    const order: string[] = [];
    calls.unloadModel.mockImplementation(async () => order.push('unload'));
    calls.removeModel.mockImplementation(async () => order.push('remove'));
    show(model);
    await askToRemove();
    await press('button', 'Unload and remove');
    expect(order).toEqual(['unload', 'remove']);
  });

  it('does not delete the folder when unloading failed', async () => {
    calls.unloadModel.mockRejectedValue(new Error('still draining'));
    show(model);
    await askToRemove();
    await press('button', 'Unload and remove');
    expect(calls.removeModel).not.toHaveBeenCalled();
  });
});
