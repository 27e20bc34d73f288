import { settingsOf } from '../config';
import type { ModelSettings, ModelSummary } from '../contract';

const DEFAULTS = settingsOf({}, { obstacle: null, cpuBudget: 2, platform: 'linux' });

/** The settings of a model that can be batched and has no config.pbtxt, on a machine with two cores. */
export function modelSettings(change: Partial<ModelSettings> = {}): ModelSettings {
  return { ...DEFAULTS.settings, ...change };
}

/** A ready model with those settings, of one FP32 input and output of 4. */
export function modelSummary(change: Partial<ModelSummary> = {}): ModelSummary {
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
    settings: modelSettings(),
    origins: DEFAULTS.origins,
    activeProvider: 'cpu',
    providerNotes: [],
    instancesReady: 1,
    fileSizeBytes: 1,
    loadDurationMs: 1,
    repositoryPath: '/models/demo',
    memory: null,
    onCall: false,
    coldStarts: { count: 0, lastMs: null, totalMs: 0, evictions: 0 },
    costCurve: null,
    auto: null,
    ...change,
  };
}
