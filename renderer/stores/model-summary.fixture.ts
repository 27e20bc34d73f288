import type { ModelSettings, ModelSummary, SettingOrigin } from '../../engine/contract';

/** Settings that nobody changed. */
export const defaultSettings: ModelSettings = {
  batching: 'fixed',
  maxBatchSize: 16,
  preferredBatchSizes: [],
  maxQueueDelayUs: 1_000,
  maxQueueSize: 256,
  instanceCount: 1,
  executionProviders: ['cpu'],
  intraOpThreads: 2,
  sloMs: null,
  allowedBatchSizes: [],
  maxInstanceCount: 1,
  deviceWeight: 1,
  deviceClass: 'foreground',
  pinned: false,
};

const origins = Object.fromEntries(
  Object.keys(defaultSettings).map((setting): [string, SettingOrigin] => [setting, 'default']),
) as ModelSummary['origins'];

/** A model that is ready and can be batched, of one FP32 input of 512 and no outputs. */
export const modelSummary = (change: Partial<ModelSummary> = {}): ModelSummary => ({
  name: 'demo-mlp',
  version: '1',
  versionsOnDisk: ['1'],
  versionsReady: ['1'],
  state: 'ready',
  reason: null,
  backend: 'onnxruntime',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 512], dimNames: ['batch', null], optional: false }],
  outputs: [],
  batchable: true,
  batchingNote: null,
  notices: [],
  settings: defaultSettings,
  origins,
  activeProvider: 'cpu',
  providerNotes: [],
  instancesReady: 1,
  fileSizeBytes: 1,
  loadDurationMs: 1,
  repositoryPath: '/models/demo-mlp',
  memory: null,
  onCall: false,
  coldStarts: { count: 0, lastMs: null, totalMs: 0, evictions: 0 },
  costCurve: null,
  auto: null,
  ...change,
});
