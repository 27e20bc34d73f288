import type { ModelSettings } from '../contract';

const NAMES: Readonly<Record<keyof ModelSettings, string>> = {
  batching: 'batching',
  maxBatchSize: 'max batch size',
  preferredBatchSizes: 'preferred sizes',
  maxQueueDelayUs: 'max queue delay',
  maxQueueSize: 'max queue size',
  instanceCount: 'instances',
  executionProviders: 'execution providers',
  intraOpThreads: 'threads per session',
  sloMs: 'SLO',
  allowedBatchSizes: 'allowed sizes',
  maxInstanceCount: 'max instances',
  deviceWeight: 'device weight',
  deviceClass: 'device class',
  pinned: 'pinned',
};

/** "max batch size 1 -> 16, batching off -> on": the text of a mark on the charts; empty when nothing differs. */
export function describeChange(before: ModelSettings, after: ModelSettings): string {
  const keys = Object.keys(NAMES) as (keyof ModelSettings)[];
  return keys
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => `${NAMES[key]} ${show(key, before[key])} → ${show(key, after[key])}`)
    .join(', ');
}

function show(key: keyof ModelSettings, value: ModelSettings[keyof ModelSettings]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null) return 'none';
  if (key === 'sloMs') return `${Number(value)} ms`;
  if (key === 'maxQueueDelayUs') return `${Number(value) / 1000} ms`;
  return Array.isArray(value) ? value.join(' ') || 'none' : String(value);
}
