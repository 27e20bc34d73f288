import {
  BATCHING_MODES,
  DEVICE_CLASSES,
  EXECUTION_PROVIDERS,
  type ModelSettings,
  type ModelSettingsPatch,
  SETTING_LIMITS,
} from '../contract';
import { usageError } from './cli-error';
import type { Option } from './command';
import { type CommandValues, quoted } from './command-values';

/** One setting of a model as an option of the command line. */
export interface SettingOption<K extends keyof ModelSettings = keyof ModelSettings> {
  readonly setting: K;
  readonly option: Option;
  /** Undefined: not given. Throws a usage error. */
  read(values: CommandValues): ModelSettings[K] | undefined;
}

type NumberSetting = Exclude<keyof typeof SETTING_LIMITS, 'sloMs'>;

function numberSetting(setting: NumberSetting, name: string, what: string): SettingOption {
  const { min, max } = SETTING_LIMITS[setting];
  return {
    setting,
    option: { name, value: 'N', summary: `${what}, ${min} to ${max}` },
    read: (values) => values.integer(name, { min, max }) ?? undefined,
  };
}

const BATCHING: SettingOption = {
  setting: 'batching',
  option: {
    name: 'batching',
    value: BATCHING_MODES.join('|'),
    summary: 'how requests share a run',
    completes: BATCHING_MODES,
  },
  read: (values) => values.choice('batching', BATCHING_MODES) ?? undefined,
};

function sizesSetting(
  setting: 'preferredBatchSizes' | 'allowedBatchSizes',
  name: string,
  summary: string,
): SettingOption {
  return {
    setting,
    option: { name, value: 'N,N', summary },
    read: (values) => {
      if (values.text(name) === 'none') return [];
      const sizes = values.numbers(name);
      const { min, max } = SETTING_LIMITS.maxBatchSize;
      const wrong = sizes?.find((size) => !Number.isInteger(size) || size < min || size > max);
      if (wrong === undefined) return sizes === null ? undefined : [...sizes];
      throw usageError(`--${name}: ${wrong} is not a whole number from ${min} to ${max}`);
    },
  };
}

const SLO: SettingOption = {
  setting: 'sloMs',
  option: {
    name: 'slo-ms',
    value: 'N',
    summary: 'what a request may take, milliseconds; "none" for no promise',
  },
  read: (values) =>
    values.text('slo-ms') === 'none' ? null : (values.number('slo-ms', SETTING_LIMITS.sloMs) ?? undefined),
};

const DEVICE_CLASS: SettingOption = {
  setting: 'deviceClass',
  option: {
    name: 'device-class',
    value: DEVICE_CLASSES.join('|'),
    summary: 'a background model runs when no foreground model has work',
    completes: DEVICE_CLASSES,
  },
  read: (values) => values.choice('device-class', DEVICE_CLASSES) ?? undefined,
};

const PIN: SettingOption = {
  setting: 'pinned',
  option: {
    name: 'pin',
    value: 'on|off',
    summary: 'never unload it to make room for another model',
    completes: ['on', 'off'],
  },
  read: (values) => {
    const word = values.choice('pin', ['on', 'off']);
    return word === null ? undefined : word === 'on';
  },
};

const PROVIDERS: SettingOption = {
  setting: 'executionProviders',
  option: {
    name: 'providers',
    value: 'NAME,NAME',
    summary: `tried in this order: ${EXECUTION_PROVIDERS.join(', ')}`,
    completes: EXECUTION_PROVIDERS,
  },
  read: (values) => {
    const text = values.text('providers');
    if (text === null) return undefined;
    return text.split(',').map((word) => {
      const known = EXECUTION_PROVIDERS.find((provider) => provider === word.trim());
      if (known !== undefined) return known;
      throw usageError(`--providers: ${quoted(word)} is not one of ${EXECUTION_PROVIDERS.join(', ')}`);
    });
  },
};

/** All settings, in the order in which they are shown. */
export const SETTING_OPTIONS: readonly SettingOption[] = [
  BATCHING,
  numberSetting('maxBatchSize', 'max-batch-size', 'most rows in one batch'),
  sizesSetting(
    'preferredBatchSizes',
    'preferred-batch-sizes',
    'sizes that leave early; "none" for no such sizes',
  ),
  sizesSetting(
    'allowedBatchSizes',
    'allowed-batch-sizes',
    'the only sizes that run, others are padded; "none" for any',
  ),
  numberSetting('maxQueueDelayUs', 'max-queue-delay-us', 'longest wait for company, microseconds'),
  SLO,
  numberSetting('maxQueueSize', 'max-queue-size', 'requests that may wait'),
  numberSetting('instanceCount', 'instances', 'sessions that run side by side'),
  numberSetting('maxInstanceCount', 'max-instances', 'up to so many sessions under load'),
  PROVIDERS,
  numberSetting('intraOpThreads', 'threads', 'threads of one instance'),
  numberSetting('deviceWeight', 'device-weight', 'share of the device against other models'),
  DEVICE_CLASS,
  PIN,
];

/** What the options ask to change. Throws a usage error when they ask for nothing. */
export function readSettingsPatch(values: CommandValues): ModelSettingsPatch {
  const given = SETTING_OPTIONS.map(({ setting, read }) => [setting, read(values)] as const);
  const patch = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as ModelSettingsPatch;
  if (Object.keys(patch).length > 0) return patch;
  const names = SETTING_OPTIONS.map(({ option }) => `--${option.name}`).join(', ');
  throw usageError(`nothing to set: give some of ${names}`);
}

/** A setting's value as its option takes it. */
export function settingText(value: ModelSettings[keyof ModelSettings]): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (value === null) return 'none';
  return Array.isArray(value) ? value.join(',') || 'none' : String(value);
}
