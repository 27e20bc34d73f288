import type { ModelSettings } from '../../engine/contract';

/** What the console calls each setting. */
export const SETTING_LABELS: Readonly<Record<keyof ModelSettings, string>> = {
  batching: 'Batching',
  maxBatchSize: 'Max batch size',
  preferredBatchSizes: 'Preferred batch sizes',
  maxQueueDelayUs: 'Max queue delay',
  maxQueueSize: 'Max queue size',
  instanceCount: 'Instances',
  executionProviders: 'Execution providers',
  intraOpThreads: 'Threads per session',
  sloMs: 'SLO (ms)',
  allowedBatchSizes: 'Allowed batch sizes',
  maxInstanceCount: 'Max instances',
  deviceWeight: 'Device weight',
  deviceClass: 'Device class',
  pinned: 'Keep in memory',
};

const NAMES = new RegExp(`\\b(?:${Object.keys(SETTING_LABELS).join('|')})\\b`, 'g');

/** A message of the engine with the names of the contract replaced by those that stand beside the fields. */
export const withLabels = (message: string): string =>
  message.replace(NAMES, (name) =>
    // Words that are also plain English stay as they are.
    /[A-Z]/.test(name) ? SETTING_LABELS[name as keyof ModelSettings] : name,
  );
