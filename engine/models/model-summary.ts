import type { ModelSettings, ModelState, ModelSummary, SettingOrigin } from '../contract';
import type { ModelDefinition } from './model-definition';
import { noticesOf } from './notices';

/** What the registry knows of a model beside its definition. */
export interface ModelCondition {
  readonly name: string;
  readonly definition: ModelDefinition | null;
  readonly state: ModelState;
  readonly reason: string | null;
  /** The version that answers when none is named; null while none does. */
  readonly serving:
    | (Pick<ModelSummary, 'costCurve' | 'auto' | 'settings'> & {
        readonly version: string;
        readonly notices: readonly string[];
        readonly provider: { readonly active: string | null; readonly notes: readonly string[] };
      })
    | null;
  readonly versionsReady: readonly string[];
  readonly overridden: Partial<Record<keyof ModelSettings, SettingOrigin>>;
  readonly instancesReady: number;
  readonly loadDurationMs: number | null;
  readonly memory: ModelSummary['memory'];
  readonly onCall: boolean;
  readonly coldStarts: ModelSummary['coldStarts'];
}

/** A model as the console sees it. */
export function summarizeModel(condition: ModelCondition): ModelSummary {
  const { definition, serving, name, versionsReady, state, reason } = condition;
  const { version, provider, costCurve, auto, notices } = serving ?? NOT_SERVING;
  return {
    name,
    version,
    versionsOnDisk: definition?.versions.map((onDisk) => onDisk.version) ?? [],
    versionsReady,
    state,
    reason,
    backend: definition?.backend ?? 'onnxruntime',
    inputs: definition?.inputs ?? [],
    outputs: definition?.outputs ?? [],
    batchable: definition?.batchable ?? false,
    batchingNote: definition?.batchingNote ?? null,
    notices: [...(definition ? noticesOf(definition) : []), ...notices],
    settings: serving?.settings ?? definition?.settings ?? EMPTY_SETTINGS,
    origins: { ...(definition?.origins ?? EMPTY_ORIGINS), ...condition.overridden },
    activeProvider: provider.active,
    providerNotes: provider.notes,
    instancesReady: condition.instancesReady,
    fileSizeBytes: definition?.fileSizeBytes ?? 0,
    loadDurationMs: condition.loadDurationMs,
    memory: condition.memory,
    onCall: condition.onCall,
    coldStarts: condition.coldStarts,
    repositoryPath: definition?.folder ?? '',
    costCurve,
    auto,
  };
}

const NOT_SERVING = {
  notices: [],
  version: null,
  provider: { active: null, notes: [] },
  costCurve: null,
  auto: null,
};

/** What a model shows whose folder cannot be read: there is nothing to tune. */
const EMPTY_SETTINGS: ModelSettings = {
  batching: 'off',
  maxBatchSize: 1,
  preferredBatchSizes: [],
  maxQueueDelayUs: 0,
  maxQueueSize: 1,
  instanceCount: 1,
  executionProviders: ['cpu'],
  intraOpThreads: 1,
  sloMs: null,
  allowedBatchSizes: [],
  maxInstanceCount: 1,
  deviceWeight: 1,
  deviceClass: 'foreground',
  pinned: false,
};
const EMPTY_ORIGINS: Record<keyof ModelSettings, SettingOrigin> = {
  batching: 'default',
  maxBatchSize: 'default',
  preferredBatchSizes: 'default',
  maxQueueDelayUs: 'default',
  maxQueueSize: 'default',
  instanceCount: 'default',
  executionProviders: 'default',
  intraOpThreads: 'default',
  sloMs: 'default',
  allowedBatchSizes: 'default',
  maxInstanceCount: 'default',
  deviceWeight: 'default',
  deviceClass: 'default',
  pinned: 'default',
};
