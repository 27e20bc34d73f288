import { SETTING_LIMITS, type SettingOrigin } from '../contract';
import { configParameter, type ModelConfig } from './model-config';
import type { SettingFaults, SettingName } from './setting-faults';
import type { SettingNames } from './setting-rules';

/** A value and where it comes from. */
export type Setting<T> = readonly [value: T, origin: SettingOrigin];

/** Settings that Triton's configuration has no field for stand in its `parameters`. */
export const SETTING_PARAMETERS = {
  batching: 'ferry.batching',
  executionProviders: 'ferry.execution_providers',
  intraOpThreads: 'intra_op_thread_count',
  sloMs: 'ferry.slo_ms',
  allowedBatchSizes: 'ferry.allowed_batch_sizes',
  maxInstanceCount: 'ferry.max_instances',
  deviceWeight: 'ferry.device_weight',
  deviceClass: 'ferry.device_class',
  pinned: 'ferry.pin',
} as const satisfies Partial<Record<SettingName, string>>;

export type ParameterSetting = keyof typeof SETTING_PARAMETERS;

const named = (setting: ParameterSetting): string => `parameter "${SETTING_PARAMETERS[setting]}"`;

/** What each setting is called in config.pbtxt. */
export const FILE_NAMES: SettingNames = {
  batching: named('batching'),
  maxBatchSize: 'max_batch_size',
  preferredBatchSizes: 'dynamic_batching.preferred_batch_size',
  maxQueueDelayUs: 'dynamic_batching.max_queue_delay_microseconds',
  maxQueueSize: 'dynamic_batching.default_queue_policy.max_queue_size',
  instanceCount: 'the sum of instance_group.count',
  executionProviders: named('executionProviders'),
  intraOpThreads: named('intraOpThreads'),
  sloMs: named('sloMs'),
  allowedBatchSizes: named('allowedBatchSizes'),
  maxInstanceCount: named('maxInstanceCount'),
  deviceWeight: named('deviceWeight'),
  deviceClass: named('deviceClass'),
  pinned: named('pinned'),
};

/** Text of a setting's parameter; undefined when the file does not set it. */
export function parameterText(config: ModelConfig, setting: ParameterSetting): string | undefined {
  return configParameter(config, SETTING_PARAMETERS[setting]);
}

/** The configuration with a setting's parameter, or without it (null). */
export function withParameter(
  config: ModelConfig,
  setting: ParameterSetting,
  value: string | null,
): ModelConfig {
  const key = SETTING_PARAMETERS[setting];
  const { [key]: _before, ...others } = config.parameters ?? {};
  const parameters = value === null ? others : { ...config.parameters, [key]: { string_value: value } };
  if (Object.keys(parameters).length > 0) return { ...config, parameters };
  const { parameters: _none, ...rest } = config;
  return rest;
}

/** A whole number within the limits of its setting, or the default. A fault gives the default, too. */
export function limited(
  value: number | undefined,
  setting: keyof typeof SETTING_LIMITS,
  otherwise: number,
  faults: SettingFaults,
  shown: string = String(value),
): Setting<number> {
  if (value === undefined) return [otherwise, 'default'];
  const { min, max } = SETTING_LIMITS[setting];
  if (Number.isInteger(value) && value >= min && value <= max) return [value, 'file'];
  faults.add(setting, `${FILE_NAMES[setting]} is ${shown}; it must be a whole number from ${min} to ${max}`);
  return [otherwise, 'default'];
}

/** A whole number in a parameter. */
export function wholeParameter(
  config: ModelConfig,
  setting: ParameterSetting & keyof typeof SETTING_LIMITS,
  otherwise: number,
  faults: SettingFaults,
): Setting<number> {
  const text = parameterText(config, setting);
  if (text === undefined) return [otherwise, 'default'];
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return limited(value, setting, otherwise, faults, quoted(text));
}

/** One of some words in a parameter; undefined when it is not there or a fault. */
export function wordParameter<T extends string>(
  config: ModelConfig,
  setting: ParameterSetting,
  words: readonly T[],
  faults: SettingFaults,
): T | undefined {
  const text = parameterText(config, setting);
  if (text === undefined) return undefined;
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  const known = words.map((one) => `"${one}"`).join(', ');
  faults.add(setting, `${FILE_NAMES[setting]} is ${quoted(text)}; it must be one of ${known}`);
  return undefined;
}

/** A text of the file as messages show it, cut short. */
export function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}
