import {
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
  /** Null: not given. Throws a usage error. */
  read(values: CommandValues): ModelSettings[K] | null;
}

type NumberSetting = keyof typeof SETTING_LIMITS;

function numberSetting(setting: NumberSetting, name: string, what: string): SettingOption {
  const { min, max } = SETTING_LIMITS[setting];
  return {
    setting,
    option: { name, value: 'N', summary: `${what}, ${min} to ${max}` },
    read: (values) => values.integer(name, { min, max }),
  };
}

const BATCHING: SettingOption = {
  setting: 'batching',
  option: {
    name: 'batching',
    value: 'on|off',
    summary: 'whether requests share a run',
    completes: ['on', 'off'],
  },
  read: (values) => {
    const word = values.choice('batching', ['on', 'off']);
    return word === null ? null : word === 'on';
  },
};

const PREFERRED: SettingOption = {
  setting: 'preferredBatchSizes',
  option: {
    name: 'preferred-batch-sizes',
    value: 'N,N',
    summary: 'sizes that leave early; "none" for no such sizes',
  },
  read: (values) => {
    if (values.text('preferred-batch-sizes') === 'none') return [];
    const sizes = values.numbers('preferred-batch-sizes');
    const { min, max } = SETTING_LIMITS.maxBatchSize;
    const wrong = sizes?.find((size) => !Number.isInteger(size) || size < min || size > max);
    if (wrong === undefined) return sizes === null ? null : [...sizes];
    throw usageError(`--preferred-batch-sizes: ${wrong} is not a whole number from ${min} to ${max}`);
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
    if (text === null) return null;
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
  PREFERRED,
  numberSetting('maxQueueDelayUs', 'max-queue-delay-us', 'longest wait for company, microseconds'),
  numberSetting('maxQueueSize', 'max-queue-size', 'requests that may wait'),
  numberSetting('instanceCount', 'instances', 'sessions that run side by side'),
  PROVIDERS,
  numberSetting('intraOpThreads', 'threads', 'threads of one instance'),
];

/** What the options ask to change. Throws a usage error when they ask for nothing. */
export function readSettingsPatch(values: CommandValues): ModelSettingsPatch {
  const given = SETTING_OPTIONS.map(({ setting, read }) => [setting, read(values)] as const);
  const patch = Object.fromEntries(given.filter(([, value]) => value !== null)) as ModelSettingsPatch;
  if (Object.keys(patch).length > 0) return patch;
  const names = SETTING_OPTIONS.map(({ option }) => `--${option.name}`).join(', ');
  throw usageError(`nothing to set: give some of ${names}`);
}

/** A setting's value as its option takes it. */
export function settingText(value: ModelSettings[keyof ModelSettings]): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') || 'none' : String(value);
}
