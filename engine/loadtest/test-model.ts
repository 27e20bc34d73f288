import type { ModelSettings, ModelSummary } from '../contract';

/** A ready model as tests need one: batches up to 16, one FP32 input of 4. */
export function modelOf(change: Partial<ModelSummary>): ModelSummary {
  const settings: ModelSettings = {
    batching: true,
    maxBatchSize: 16,
    preferredBatchSizes: [],
    maxQueueDelayUs: 1_000,
    maxQueueSize: 1_000,
    instanceCount: 1,
    executionProviders: ['cpu'],
    intraOpThreads: 1,
  };
  return {
    name: 'demo',
    version: '1',
    versionsOnDisk: ['1'],
    versionsReady: ['1'],
    state: 'ready',
    reason: null,
    backend: 'onnxruntime',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4], dimNames: [null, null], optional: false }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4], dimNames: [null, null], optional: false }],
    batchable: true,
    batchingNote: null,
    notices: [],
    settings,
    origins: {
      batching: 'default',
      maxBatchSize: 'default',
      preferredBatchSizes: 'default',
      maxQueueDelayUs: 'default',
      maxQueueSize: 'default',
      instanceCount: 'default',
      executionProviders: 'default',
      intraOpThreads: 'default',
    },
    activeProvider: 'cpu',
    providerNotes: [],
    instancesReady: 1,
    fileSizeBytes: 1,
    loadDurationMs: 1,
    repositoryPath: '/models/demo',
    costCurve: null,
    auto: null,
    ...change,
  };
}
