import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelSettingsPatch, ModelSummary } from '../../engine/contract';
import { defaultSettings, modelSummary } from '../stores/model-summary.fixture';
import { SettingsPanel } from './settings-panel';

const updateSettings = vi.hoisted(() => vi.fn());
const previewSettings = vi.hoisted(() => vi.fn());
vi.mock('../stores', async (original) => ({
  ...(await original<typeof import('../stores')>()),
  updateSettings,
  previewSettings,
}));

const model = modelSummary();

const show = (shown: ModelSummary) =>
  render(
    <MantineProvider>
      <SettingsPanel model={shown} />
    </MantineProvider>,
  );
const rest = () => act(() => vi.advanceTimersByTimeAsync(1_000));
const slider = (name: string) => screen.getByRole('slider', { name });

describe('settings panel', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    updateSettings.mockReset();
    previewSettings.mockReset();
    previewSettings.mockResolvedValue('');
    updateSettings.mockImplementation(async (_name: string, patch: ModelSettingsPatch) => ({
      ...model,
      settings: { ...defaultSettings, ...patch },
    }));
  });
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  it('shows what a change does to config.pbtxt before it is written, and leaves it there after', async () => {
    previewSettings.mockResolvedValue('-max_batch_size: 16\n+max_batch_size: 17\n');
    show(model);
    expect(screen.queryByRole('region', { name: 'Change of config.pbtxt' })).toBeNull();
    fireEvent.keyDown(slider('Max batch size'), { key: 'ArrowRight' });
    await act(() => vi.advanceTimersByTimeAsync(0));
    const [name, patch] = previewSettings.mock.calls[0] ?? [];
    expect(name).toBe('demo-mlp');
    expect(Object.keys(patch)).toEqual(['maxBatchSize']);
    expect(updateSettings).not.toHaveBeenCalled();
    const region = screen.getByRole('region', { name: 'Change of config.pbtxt' });
    expect(region.textContent).toMatch(/^Will be written to config.pbtxt:.*\+max_batch_size: 17/s);
    await rest();
    expect(updateSettings).toHaveBeenCalledWith('demo-mlp', patch);
    expect(region.textContent).toMatch(/^The last change here.*\+max_batch_size: 17/s);
  });

  it('applies a slider moved by keyboard and says when', async () => {
    show(model);
    fireEvent.keyDown(slider('Max batch size'), { key: 'ArrowRight' });
    fireEvent.keyDown(slider('Max batch size'), { key: 'ArrowRight' });
    await rest();
    expect(updateSettings.mock.calls).toEqual([['demo-mlp', { maxBatchSize: 20 }]]);
    expect(screen.getByText(/^applied at /)).toBeTruthy();
  });

  it('takes an exact value from the field on Enter', async () => {
    show(model);
    const field = screen.getByRole('textbox', { name: 'Max queue delay, exact' });
    fireEvent.change(field, { target: { value: '1234' } });
    fireEvent.keyDown(field, { key: 'Enter' });
    await rest();
    expect(updateSettings.mock.calls).toEqual([['demo-mlp', { maxQueueDelayUs: 1234 }]]);
  });

  it('shows a refusal beside the field and goes back to the value in force', async () => {
    updateSettings.mockRejectedValue(new Error('maxBatchSize: at most 16 for this model'));
    show(model);
    fireEvent.keyDown(slider('Max batch size'), { key: 'ArrowRight' });
    await rest();
    expect(screen.getByRole('alert').textContent).toContain('at most 16 for this model');
    expect(slider('Max batch size').getAttribute('aria-valuenow')).toBe('16');
  });

  it('follows a change made elsewhere', () => {
    const { rerender } = show(model);
    rerender(
      <MantineProvider>
        <SettingsPanel model={{ ...model, settings: { ...defaultSettings, maxBatchSize: 4 } }} />
      </MantineProvider>,
    );
    expect(slider('Max batch size').getAttribute('aria-valuenow')).toBe('4');
  });

  it('switches between off, fixed and auto, and says why auto does not take a delay', async () => {
    show(model);
    fireEvent.click(screen.getByRole('radio', { name: 'Auto' }));
    await rest();
    expect(updateSettings.mock.calls).toEqual([['demo-mlp', { batching: 'auto' }]]);
    expect(screen.getAllByText(/switch to fixed to move it/)).toHaveLength(2);
    const exact = screen.getByRole('textbox', { name: 'Max queue delay, exact' });
    expect(exact.hasAttribute('disabled')).toBe(true);
    expect(screen.getByRole('textbox', { name: 'Max batch size, exact' }).hasAttribute('disabled')).toBe(
      false,
    );
  });

  it('says what auto mode does, why it fell back, and what it refused', () => {
    const inAuto = (auto: ModelSummary['auto']) => ({
      ...model,
      settings: { ...defaultSettings, batching: 'auto' as const },
      auto,
    });
    const note = () => screen.getByRole('status', { name: 'Auto mode' }).textContent;
    show(
      inAuto({
        phase: 'zero-wait',
        reason: 'predictions were off by 80 %',
        predictionError: 0.8,
        refused: 1,
      }),
    );
    expect(note()).toContain('Auto waits for nothing at present');
    expect(note()).toContain(
      'Predictions were off by 80 %. Now they are off by 80 % on average. 1 request was refused',
    );
    cleanup();
    show(inAuto({ phase: 'break-even', reason: null, predictionError: 0.042, refused: 0 }));
    expect(note()).toBe('Requests wait as long as that pays. Predictions are off by 4.2 % on average.');
    cleanup();
    show({ ...model, auto: null });
    expect(screen.queryByRole('status', { name: 'Auto mode' })).toBeNull();
  });

  it('takes an SLO with decimals, and none for an emptied field', async () => {
    show(model);
    const field = screen.getByRole('textbox', { name: 'SLO' });
    const enter = async (value: string) => {
      fireEvent.change(field, { target: { value } });
      fireEvent.keyDown(field, { key: 'Enter' });
      await rest();
    };
    await enter('12.5');
    await enter('');
    expect(updateSettings.mock.calls).toEqual([
      ['demo-mlp', { sloMs: 12.5 }],
      ['demo-mlp', { sloMs: null }],
    ]);
  });

  it('says what an SLO must be at least, and names it as the field does when it is refused', async () => {
    const point = { rows: 1, meanUs: 2_640, lowUs: 2_600, highUs: 2_700, runs: 9 };
    const curve = { deviceId: 'cpu', provider: 'cpu', source: 'measured', measuredAtMs: 0 } as const;
    show({
      ...model,
      settings: { ...defaultSettings, batching: 'auto', sloMs: 50 },
      costCurve: { ...curve, points: [point], bestRows: 1 },
    });
    expect(screen.getByText(/One row alone takes 2.64 ms here/)).toBeTruthy();
    updateSettings.mockRejectedValue(new Error('sloMs is 0.2; one row alone takes 2.64 ms here'));
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'SLO' });
    const enter = async (value: string) => {
      fireEvent.change(field, { target: { value } });
      fireEvent.keyDown(field, { key: 'Enter' });
      await rest();
    };
    await enter('0.2');
    expect(screen.getByRole('alert').textContent).toBe(
      'Not applied: SLO (ms) is 0.2; one row alone takes 2.64 ms here',
    );
    expect(field.value).toBe('50 ms');
  });

  it('locks batching with the reason when the model cannot batch', () => {
    show({ ...model, batchable: false, batchingNote: 'Input "image" has the fixed batch dimension 1.' });
    expect(screen.getByRole('radio', { name: 'Auto' }).hasAttribute('disabled')).toBe(true);
    expect(screen.getByText('Input "image" has the fixed batch dimension 1.')).toBeTruthy();
  });
});
