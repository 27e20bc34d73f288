import { beforeEach, describe, expect, it } from 'vitest';
import type { ModelSettings, ModelSettingsPatch } from '../../engine/contract';
import { defaultSettings } from '../stores/model-summary.fixture';
import { createSettingsDraft, type SettingsDraft } from './settings-draft';

interface Sent {
  readonly patch: ModelSettingsPatch;
  readonly resolve: (settings: ModelSettings) => void;
  readonly reject: (error: Error) => void;
}

describe('settings draft', () => {
  let sent: Sent[];
  let timer: (() => void) | null;
  let draft: SettingsDraft;

  const rest = () => {
    const due = timer;
    timer = null;
    due?.();
  };
  const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
  const shown = () => draft.store.getState();

  beforeEach(() => {
    sent = [];
    timer = null;
    draft = createSettingsDraft({
      initial: defaultSettings,
      apply: (patch) => new Promise((resolve, reject) => sent.push({ patch, resolve, reject })),
      nowMs: () => 42,
      schedule: (callback) => {
        timer = callback;
        return () => {
          timer = null;
        };
      },
      debounceMs: 150,
    });
  });

  it('shows a dragged value at once and sends only the one it rested on', () => {
    for (const size of [17, 18, 20]) draft.edit('maxBatchSize', size);
    expect(shown().values.maxBatchSize).toBe(20);
    expect(sent).toHaveLength(0);
    rest();
    expect(sent.map((call) => call.patch)).toEqual([{ maxBatchSize: 20 }]);
  });

  it('says when the engine confirmed', async () => {
    draft.edit('maxBatchSize', 20);
    rest();
    expect(shown().status.maxBatchSize).toEqual({ kind: 'pending' });
    sent[0]!.resolve({ ...defaultSettings, maxBatchSize: 20 });
    await settled();
    expect(shown().status.maxBatchSize).toEqual({ kind: 'applied', atMs: 42 });
    expect(shown().values.maxBatchSize).toBe(20);
  });

  it('rolls a refused value back and keeps the reason beside its field only', async () => {
    draft.edit('maxBatchSize', 20);
    rest();
    sent[0]!.reject(new Error('maxBatchSize 20 is over the limit 8'));
    await settled();
    expect(shown().values.maxBatchSize).toBe(16);
    expect(shown().status.maxBatchSize).toEqual({
      kind: 'failed',
      message: 'Max batch size 20 is over the limit 8',
    });
    expect(shown().status.instanceCount).toEqual({ kind: 'idle' });
  });

  it('rolls a failure back to what the engine said last, not to what was there at first', async () => {
    draft.edit('maxBatchSize', 20);
    rest();
    draft.follow({ ...defaultSettings, maxBatchSize: 4 });
    sent[0]!.reject(new Error('no'));
    await settled();
    expect(shown().values.maxBatchSize).toBe(4);
  });

  it('never lets the answer to an old value overwrite a newer edit', async () => {
    draft.edit('maxBatchSize', 20);
    rest();
    draft.edit('maxBatchSize', 32);
    sent[0]!.resolve({ ...defaultSettings, maxBatchSize: 20 });
    await settled();
    expect(shown().values.maxBatchSize).toBe(32);
    expect(shown().status.maxBatchSize).toEqual({ kind: 'pending' });
    rest();
    expect(sent[1]!.patch).toEqual({ maxBatchSize: 32 });
  });

  it('sends two changed fields one after the other', async () => {
    draft.edit('maxBatchSize', 20);
    draft.edit('maxQueueDelayUs', 2_000);
    rest();
    expect(sent).toHaveLength(1);
    sent[0]!.resolve({ ...defaultSettings, maxBatchSize: 20 });
    await settled();
    expect(sent[1]!.patch).toEqual({ maxQueueDelayUs: 2_000 });
    expect(shown().values).toMatchObject({ maxBatchSize: 20, maxQueueDelayUs: 2_000 });
  });

  it('refuses a value outside the contract without asking the engine, naming the limit', () => {
    draft.edit('maxBatchSize', 4_096);
    rest();
    expect(sent).toHaveLength(0);
    expect(shown().values.maxBatchSize).toBe(16);
    expect(shown().status.maxBatchSize).toMatchObject({ kind: 'failed' });
    expect((shown().status.maxBatchSize as { message: string }).message).toContain('1,024');
    draft.edit('sloMs', 0.05);
    expect(shown().status.sloMs).toEqual({
      kind: 'failed',
      message: '0.05 is out of range, it takes numbers from 0.1 to 600,000',
    });
  });

  it('follows changes made elsewhere, but not over a field being edited', () => {
    draft.edit('maxBatchSize', 20);
    draft.follow({ ...defaultSettings, maxBatchSize: 8, maxQueueDelayUs: 5_000 });
    expect(shown().values).toMatchObject({ maxBatchSize: 20, maxQueueDelayUs: 5_000 });
  });

  it('sends what still waits when it is closed', () => {
    draft.edit('batching', 'off');
    draft.dispose();
    expect(sent.map((call) => call.patch)).toEqual([{ batching: 'off' }]);
  });
});
