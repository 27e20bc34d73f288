import { z } from 'zod';
import type { AutoState, CostCurveRecord } from './auto-mode';
import type { ColdStartCounts, MemoryEstimate } from './memory';

/** Wire names of the Open Inference Protocol. */
export const datatypeSchema = z.enum([
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
]);
export type Datatype = z.infer<typeof datatypeSchema>;

/** One input or output of a model. `-1` in `shape` is a dimension that each request chooses. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** The full shape as the model file has it, batch dimension included when it has one. */
  readonly shape: readonly number[];
  /** Symbolic names per dimension ("batch", "seq"), null where the file gives none. */
  readonly dimNames: readonly (string | null)[];
  readonly optional: boolean;
}

/** Triton's model states. The engine moves between them by `models/lifecycle.ts` only. */
export const MODEL_STATES = ['unavailable', 'loading', 'ready', 'unloading'] as const;
export type ModelState = (typeof MODEL_STATES)[number];

/** Who may load and unload models beside the console, and whether the repository's folder is followed. */
export const MODEL_CONTROL_MODES = ['none', 'poll', 'explicit'] as const;
export type ModelControlMode = (typeof MODEL_CONTROL_MODES)[number];

export const EXECUTION_PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

/** Bounds of what an operator may set. The console's sliders and the engine's checks read the same numbers. */
export const SETTING_LIMITS = {
  maxBatchSize: { min: 1, max: 1024 },
  maxQueueDelayUs: { min: 0, max: 10_000_000 },
  maxQueueSize: { min: 1, max: 1_000_000 },
  instanceCount: { min: 1, max: 64 },
  intraOpThreads: { min: 1, max: 256 },
  sloMs: { min: 0.1, max: 600_000 },
  maxInstanceCount: { min: 1, max: 64 },
  deviceWeight: { min: 1, max: 1000 },
} as const;

/** Most sizes that a list of batch sizes may have. */
export const MAX_LISTED_SIZES = 32;

/**
 * `off`: every request runs alone, as behind an ordinary web framework. `fixed`: by the sizes and the delay that the operator chose.
 * `auto`: by what the model's cost and the arrivals were measured to be.
 */
export const BATCHING_MODES = ['off', 'fixed', 'auto'] as const;
export type BatchingMode = (typeof BATCHING_MODES)[number];

/** A background model runs when no foreground model on its device has work. */
export const DEVICE_CLASSES = ['foreground', 'background'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

const within = (limit: { min: number; max: number }) => z.number().int().min(limit.min).max(limit.max);

/** True when each number is larger than the one before it. */
export function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
}

/** What an operator can change on a served model. All but `executionProviders` and `intraOpThreads` apply with no reload. */
export const modelSettingsSchema = z.strictObject({
  batching: z.enum(BATCHING_MODES),
  /** Most rows in one batch. */
  maxBatchSize: within(SETTING_LIMITS.maxBatchSize),
  /** Sizes (rows) that leave early, before the delay is up. Empty: only `maxBatchSize`. */
  preferredBatchSizes: z.array(within(SETTING_LIMITS.maxBatchSize)).max(MAX_LISTED_SIZES),
  /** Longest time the oldest request waits for company while an instance is idle, microseconds. */
  maxQueueDelayUs: within(SETTING_LIMITS.maxQueueDelayUs),
  /** Requests that may wait; one more is refused at once. */
  maxQueueSize: within(SETTING_LIMITS.maxQueueSize),
  instanceCount: within(SETTING_LIMITS.instanceCount),
  /** Tried in this order; the first that loads is used. */
  executionProviders: z.array(z.enum(EXECUTION_PROVIDERS)).min(1).max(EXECUTION_PROVIDERS.length),
  /** Threads of ONE instance's session. */
  intraOpThreads: within(SETTING_LIMITS.intraOpThreads),
  /** What a request may take, from its arrival to its answer, milliseconds. Null: no promise. */
  sloMs: z.number().min(SETTING_LIMITS.sloMs.min).max(SETTING_LIMITS.sloMs.max).nullable(),
  /** The only batch sizes (rows) that the model is run with; smaller batches are padded. Empty: any size. */
  allowedBatchSizes: z
    .array(within(SETTING_LIMITS.maxBatchSize))
    .max(MAX_LISTED_SIZES)
    .refine(isAscending, 'sizes must be in ascending order, each once'),
  /** Instances are added up to this while requests wait for them. Equal to `instanceCount`: none are. */
  maxInstanceCount: within(SETTING_LIMITS.maxInstanceCount),
  /** Share of the device's time against the other models that want it. */
  deviceWeight: within(SETTING_LIMITS.deviceWeight),
  deviceClass: z.enum(DEVICE_CLASSES),
  /** Never unloaded to make room for another model. */
  pinned: z.boolean(),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

export const modelSettingsPatchSchema = modelSettingsSchema.partial();
export type ModelSettingsPatch = z.infer<typeof modelSettingsPatchSchema>;

/** Where an effective value came from. */
export type SettingOrigin = 'file' | 'onnx' | 'default' | 'override';

/** One value of a model's configuration that is in force. */
export interface EffectiveValue {
  /** As in config.pbtxt: `input[0].dims`, `parameters["k"]`. */
  readonly path: string;
  /** As text: `8`, `"v"`, `[ 3, 224 ]`, `KIND_CPU`. */
  readonly value: string;
  readonly origin: SettingOrigin;
  /** Why, or with what effect; null when there is nothing to say. */
  readonly note: string | null;
}

/** A model's configuration as the console shows it. */
export interface ModelConfiguration {
  readonly values: readonly EffectiveValue[];
  /** What the last change of settings did to config.pbtxt, as a unified diff; empty before the first. */
  readonly lastChange: string;
}

/** One served (or servable) model as the console sees it. */
export interface ModelSummary {
  readonly name: string;
  /** Version that answers when a request names none; null while none is ready. */
  readonly version: string | null;
  /** Versions on disk, ascending. */
  readonly versionsOnDisk: readonly string[];
  readonly versionsReady: readonly string[];
  readonly state: ModelState;
  /** Why it is in that state, when there is something to say ("unloaded", the load error, …). */
  readonly reason: string | null;
  readonly backend: 'onnxruntime' | 'simulated';
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** False when the file has no free batch dimension: requests then always run alone. */
  readonly batchable: boolean;
  /** Why it is not batchable, or a caution such as "convolutions gain little from batching on a CPU". */
  readonly batchingNote: string | null;
  /** What its configuration asks for without effect here. */
  readonly notices: readonly string[];
  readonly settings: ModelSettings;
  readonly origins: Readonly<Record<keyof ModelSettings, SettingOrigin>>;
  /** Provider that the running sessions use; null while not ready. */
  readonly activeProvider: string | null;
  /** What was tried before `activeProvider` and why it was passed over. */
  readonly providerNotes: readonly string[];
  readonly instancesReady: number;
  readonly fileSizeBytes: number;
  /** Time of the last successful load. */
  readonly loadDurationMs: number | null;
  /** What it takes of its device, or would take; null when its folder cannot be read. */
  readonly memory: MemoryEstimate | null;
  /** It was evicted, or waits for its first request: the next request loads it. */
  readonly onCall: boolean;
  readonly coldStarts: ColdStartCounts;
  readonly repositoryPath: string;
  /** Of the version that answers; null when none was measured. */
  readonly costCurve: CostCurveRecord | null;
  /** Null unless its batching is `auto`. */
  readonly auto: AutoState | null;
}

/** What a look into a file or folder says before anything is loaded. */
export interface ModelInspection {
  readonly path: string;
  /** Name it would be loaded under: from the file or folder name, made unique. */
  readonly suggestedName: string;
  readonly kind: 'onnx-file' | 'model-folder';
  readonly fileSizeBytes: number;
  readonly irVersion: number;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly producer: string;
  readonly nodeCount: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly batchable: boolean;
  readonly batchingNote: string | null;
  /** With the settings it would start with. */
  readonly memory: MemoryEstimate;
  /** Settings it would start with. */
  readonly settings: ModelSettings;
}

export const modelNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'use letters, digits, ".", "_" and "-", beginning with a letter or digit',
  );
