import { EngineError } from '../base';
import {
  BATCHING_MODES,
  type BatchingMode,
  DEVICE_CLASSES,
  type DeviceClass,
  isAscending,
  MAX_LISTED_SIZES,
  type ModelSettings,
  SETTING_LIMITS,
  type SettingOrigin,
} from '../contract';
import type { ModelConfig } from './model-config';
import { executionProvidersOf } from './provider-settings';
import { schedulingFaults } from './scheduling-config';
import { SettingFaults, type SettingName } from './setting-faults';
import {
  FILE_NAMES,
  limited,
  parameterText,
  quoted,
  type Setting,
  wholeParameter,
  wordParameter,
} from './setting-parameters';
import { addContradictions, type SettingsContext } from './setting-rules';

export type SettingOrigins = Readonly<Record<SettingName, SettingOrigin>>;

/** Triton completes with 4; 16 is where a model bound by its weights has most of its gain on a CPU. */
export const DEFAULT_MAX_BATCH_SIZE = 16;
export const DEFAULT_MAX_QUEUE_SIZE = 1024;

/**
 * True when `dims` in the file leave the batch dimension out. As Triton has it: with `max_batch_size` above 0; when it is
 * unset it is completed, unless the file lists both inputs and outputs, because then nothing is completed. Zero that is
 * written and a field that is absent are two things here.
 */
export function dimsOmitBatch(config: ModelConfig, batchable: boolean): boolean {
  if (!batchable) return false;
  if (config.max_batch_size !== undefined) return config.max_batch_size > 0;
  return config.input === undefined || config.output === undefined;
}

/**
 * The settings that a configuration stands for, and where each comes from.
 *
 * Errors: MODEL_INVALID naming every field that is wrong or contradicts another, with its value and the limit.
 */
export function settingsOf(
  config: ModelConfig,
  context: SettingsContext,
): { settings: ModelSettings; origins: SettingOrigins } {
  const faults = new SettingFaults();
  const read = readSettings(config, context, faults);
  addContradictions(faults, read.settings, FILE_NAMES, context);
  const messages = [...faults.messages, ...schedulingFaults(config)];
  if (messages.length === 0) return read;
  throw new EngineError('MODEL_INVALID', `config.pbtxt: ${messages.join('; ')}`);
}

/** As `settingsOf`; what is wrong by itself is added to `faults` and has a default in the result. */
export function readSettings(
  config: ModelConfig,
  context: SettingsContext,
  faults: SettingFaults,
): { settings: ModelSettings; origins: SettingOrigins } {
  const instances = instanceCountOf(config, faults);
  const read: { readonly [K in SettingName]: Setting<ModelSettings[K]> } = {
    batching: batchingOf(config, context, faults),
    maxBatchSize: maxBatchSizeOf(config, context, faults),
    preferredBatchSizes: preferredSizesOf(config, faults),
    maxQueueDelayUs: limited(
      config.dynamic_batching?.max_queue_delay_microseconds,
      'maxQueueDelayUs',
      0,
      faults,
    ),
    maxQueueSize: maxQueueSizeOf(config, faults),
    instanceCount: instances,
    executionProviders: executionProvidersOf(config, context.platform, faults),
    intraOpThreads: threadsOf(config, context.cpuBudget, instances[0], faults),
    sloMs: sloOf(config, faults),
    allowedBatchSizes: allowedSizesOf(config, faults),
    maxInstanceCount: maxInstanceCountOf(config, faults),
    deviceWeight: wholeParameter(config, 'deviceWeight', 1, faults),
    deviceClass: deviceClassOf(config, faults),
    pinned: pinOf(config, faults),
  };
  const pick = (index: 0 | 1): unknown =>
    Object.fromEntries(Object.entries(read).map(([name, setting]) => [name, setting[index]]));
  return { settings: pick(0) as ModelSettings, origins: pick(1) as SettingOrigins };
}

function maxBatchSizeOf(
  config: ModelConfig,
  context: SettingsContext,
  faults: SettingFaults,
): Setting<number> {
  const value = config.max_batch_size;
  if (context.obstacle !== null) {
    if (value !== undefined && value !== 0) {
      faults.add(
        'maxBatchSize',
        `max_batch_size is ${value}, but requests of this model cannot be stacked: ${context.obstacle}. Set it to 0, or export the model with an open first dimension`,
      );
    }
    return [1, 'onnx'];
  }
  if (value === 0) return [1, 'file'];
  if (value === undefined && !dimsOmitBatch(config, true)) return [1, 'file'];
  return limited(value, 'maxBatchSize', DEFAULT_MAX_BATCH_SIZE, faults);
}

/** Why settings of the dynamic batcher are refused beside `sequence_batching`. */
export const SEQUENCES_DECIDE =
  'sequence_batching in config.pbtxt decides which requests are batched, and has delay and sizes of its own';

const BATCHING_WORDS = [...BATCHING_MODES, 'on'] as const;

/** How a configuration batches. `on` is what `fixed` was called before there was another way. */
export function batchingOf(
  config: ModelConfig,
  context: SettingsContext,
  faults: SettingFaults,
): Setting<BatchingMode> {
  const choice = wordParameter(config, 'batching', BATCHING_WORDS, faults);
  if (config.sequence_batching !== undefined) {
    if (choice !== undefined && choice !== 'off')
      faults.add('batching', `parameter "ferry.batching" is "${choice}"; ${SEQUENCES_DECIDE}`);
    return ['off', 'file'];
  }
  if (context.obstacle !== null) return ['off', 'onnx'];
  if (choice === 'off' || !dimsOmitBatch(config, true)) return ['off', 'file'];
  if (choice === 'auto') return ['auto', 'file'];
  if (choice !== undefined || config.dynamic_batching !== undefined) return ['fixed', 'file'];
  // Completed as Triton does: with both sides listed the file is taken as complete, and it does not ask for batching.
  if (config.input !== undefined && config.output !== undefined) return ['off', 'file'];
  return config.max_batch_size === 1 ? ['off', 'file'] : ['fixed', 'onnx'];
}

function preferredSizesOf(config: ModelConfig, faults: SettingFaults): Setting<number[]> {
  const sizes = config.dynamic_batching?.preferred_batch_size;
  if (sizes === undefined || sizes.length === 0) return [[], 'default'];
  return [checkedSizes('preferredBatchSizes', sizes, faults), 'file'];
}

/** The sizes that `parameters "ferry.allowed_batch_sizes"` ("1,4,8") lists. */
export function allowedSizesOf(config: ModelConfig, faults: SettingFaults): Setting<number[]> {
  const text = parameterText(config, 'allowedBatchSizes');
  if (text === undefined || text.trim() === '') return [[], text === undefined ? 'default' : 'file'];
  const words = text.split(',').map((word) => word.trim());
  const odd = words.find((word) => !/^\d{1,9}$/.test(word));
  if (odd !== undefined) {
    faults.add(
      'allowedBatchSizes',
      `${FILE_NAMES.allowedBatchSizes} contains ${quoted(odd)}; it lists whole numbers, as in "1,4,8"`,
    );
    return [[], 'default'];
  }
  const sizes = checkedSizes('allowedBatchSizes', words.map(Number), faults);
  if (!isAscending(sizes))
    faults.add(
      'allowedBatchSizes',
      `${FILE_NAMES.allowedBatchSizes} is ${quoted(text)}; sizes must be in ascending order, each once`,
    );
  return [sizes, 'file'];
}

function checkedSizes(
  setting: 'preferredBatchSizes' | 'allowedBatchSizes',
  sizes: readonly number[],
  faults: SettingFaults,
): number[] {
  if (sizes.length > MAX_LISTED_SIZES) {
    const many = `${FILE_NAMES[setting]} lists ${sizes.length} sizes; at most ${MAX_LISTED_SIZES} are taken`;
    faults.add(setting, many);
    return [];
  }
  const { min } = SETTING_LIMITS.maxBatchSize;
  const wrong = sizes.filter((size) => size < min);
  if (wrong.length > 0)
    faults.add(setting, `${FILE_NAMES[setting]} contains ${wrong.join(', ')}; sizes must be at least ${min}`);
  return [...sizes];
}

function maxQueueSizeOf(config: ModelConfig, faults: SettingFaults): Setting<number> {
  const value = config.dynamic_batching?.default_queue_policy?.max_queue_size;
  // 0 means no limit in the file; the engine bounds every queue, so it becomes the largest bound.
  if (value === 0) return [SETTING_LIMITS.maxQueueSize.max, 'file'];
  return limited(value, 'maxQueueSize', DEFAULT_MAX_QUEUE_SIZE, faults);
}

function instanceCountOf(config: ModelConfig, faults: SettingFaults): Setting<number> {
  const groups = config.instance_group ?? [];
  if (groups.length === 0) return [1, 'default'];
  const wrong = groups.find(({ count }) => count !== undefined && count < 1);
  if (wrong !== undefined) {
    const { min } = SETTING_LIMITS.instanceCount;
    faults.add('instanceCount', `instance_group.count is ${wrong.count}; it must be at least ${min}`);
    return [1, 'default'];
  }
  const sum = groups.reduce((total, group) => total + (group.count ?? 1), 0);
  const [value] = limited(sum, 'instanceCount', 1, faults);
  return [value, groups.some((group) => group.count !== undefined) || groups.length > 1 ? 'file' : 'default'];
}

/** Up to how many instances are added under load; as many as there are when the file does not say. */
export function maxInstanceCountOf(config: ModelConfig, faults: SettingFaults): Setting<number> {
  // A fault of the count is told where the count is read.
  const [count] = instanceCountOf(config, new SettingFaults());
  return wholeParameter(config, 'maxInstanceCount', count, faults);
}

/**
 * Threads of one session. One core is left for the event loop that takes requests and plans batches: when sessions take all
 * cores, every batch waits for the thread that should have planned it.
 */
export function defaultIntraOpThreads(cpuBudget: number, instanceCount: number): number {
  return Math.max(1, Math.floor((cpuBudget - 1) / instanceCount));
}

function threadsOf(
  config: ModelConfig,
  cpuBudget: number,
  instanceCount: number,
  faults: SettingFaults,
): Setting<number> {
  const otherwise = defaultIntraOpThreads(cpuBudget, instanceCount);
  // 0 asks ONNX Runtime to choose; it would take every core in each session.
  if (parameterText(config, 'intraOpThreads') === '0') return [otherwise, 'default'];
  return wholeParameter(config, 'intraOpThreads', otherwise, faults);
}

/** What a request may take, milliseconds. */
export function sloOf(config: ModelConfig, faults: SettingFaults): Setting<number | null> {
  const text = parameterText(config, 'sloMs');
  if (text === undefined) return [null, 'default'];
  const { min, max } = SETTING_LIMITS.sloMs;
  const value = /^\d{1,9}(?:\.\d{1,20})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return [value, 'file'];
  faults.add(
    'sloMs',
    `${FILE_NAMES.sloMs} is ${quoted(text)}; it must be milliseconds from ${min} to ${max}`,
  );
  return [null, 'default'];
}

/** Triton's lowest priority is a background model; it has no other classes. */
export function deviceClassOf(config: ModelConfig, faults: SettingFaults): Setting<DeviceClass> {
  const word = wordParameter(config, 'deviceClass', DEVICE_CLASSES, faults);
  if (word !== undefined) return [word, 'file'];
  const priority = config.optimization?.priority;
  if (priority === undefined) return ['foreground', 'default'];
  return [priority === 'PRIORITY_MIN' ? 'background' : 'foreground', 'file'];
}

/** Whether the model is kept in memory. */
export function pinOf(config: ModelConfig, faults: SettingFaults): Setting<boolean> {
  const word = wordParameter(config, 'pinned', ['true', 'false'], faults);
  return word === undefined ? [false, 'default'] : [word === 'true', 'file'];
}
