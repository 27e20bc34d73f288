import { flattenConfig, type ModelConfig } from '../config';
import type { EffectiveValue, ModelSettings, SettingOrigin } from '../contract';
import { completeConfig, type LiveValues } from './complete-config';
import { isKeptValue } from './kept-fields';
import type { ModelDefinition } from './model-definition';

export interface EffectiveConfigSource extends LiveValues {
  /** Settings that were changed while it serves. */
  readonly overridden?: Partial<Record<keyof ModelSettings, SettingOrigin>>;
  /** What the configuration came with: the file, or a load request. */
  readonly configOrigin?: 'file' | 'override';
}

/** Every value in force, with where it comes from and what is to be said about it; in the order of Triton's message. */
export function effectiveConfig(
  definition: ModelDefinition,
  source: EffectiveConfigSource,
): readonly EffectiveValue[] {
  const complete = completeConfig(definition, source);
  const stated = flattenConfig(definition.config);
  const settings = settingRows(definition, source, complete);
  const rows = new Map([...flattenConfig(complete)].filter(([path]) => !settings.has(path)));
  const origin = source.configOrigin ?? 'file';
  const plain = [...rows].map(([path, value]): EffectiveValue => {
    const own = stated.get(path) === value ? origin : /^(?:input|output)\[/.test(path) ? 'onnx' : 'default';
    const note = isKeptValue(path, value) ? 'kept in the file, has no effect' : null;
    return { path, value, origin: definition.backend === 'simulated' && own === 'onnx' ? origin : own, note };
  });
  return [...settings.values(), ...plain];
}

/** The settings of the console, by the path that each has in the file. */
function settingRows(
  definition: ModelDefinition,
  { settings, activeProvider, overridden = {}, configOrigin = 'file' }: EffectiveConfigSource,
  complete: ModelConfig,
): ReadonlyMap<string, EffectiveValue> {
  const rows = new Map<string, EffectiveValue>();
  const add = (setting: keyof ModelSettings, path: string, value: string, note: string | null = null) => {
    const own = overridden[setting] ?? definition.origins[setting];
    rows.set(path, { path, value, origin: own === 'file' ? configOrigin : own, note });
  };
  const { batchingNote } = definition;
  add('maxBatchSize', 'max_batch_size', String(complete.max_batch_size ?? 0), batchingNote);
  const isAuto = settings.batching === 'auto';
  if (isAuto)
    add('batching', 'parameters["ferry.batching"]', '"auto"', 'sizes and waits follow what is measured');
  if (settings.batching !== 'off') {
    const unused = isAuto ? 'has no effect in auto mode' : null;
    const sizes = complete.dynamic_batching?.preferred_batch_size ?? [];
    add('preferredBatchSizes', 'dynamic_batching.preferred_batch_size', `[ ${sizes.join(', ')} ]`, unused);
    const delay = String(settings.maxQueueDelayUs);
    add('maxQueueDelayUs', 'dynamic_batching.max_queue_delay_microseconds', delay, unused);
  } else add('batching', 'dynamic_batching', 'off', 'requests run one at a time');
  add(
    'maxQueueSize',
    'dynamic_batching.default_queue_policy.max_queue_size',
    String(settings.maxQueueSize),
    definition.origins.maxQueueSize === 'default' ? 'every queue has a bound' : null,
  );
  const groups = complete.instance_group ?? [];
  groups.forEach(({ count }, i) => {
    add('instanceCount', `instance_group[${i}].count`, String(count));
  });
  const providers = settings.executionProviders.join(',');
  const inUse = activeProvider === null ? null : `in use: ${activeProvider}`;
  add('executionProviders', 'parameters["ferry.execution_providers"]', JSON.stringify(providers), inUse);
  add(
    'intraOpThreads',
    'parameters["intra_op_thread_count"]',
    JSON.stringify(String(settings.intraOpThreads)),
    definition.origins.intraOpThreads === 'default' ? 'cores less one, divided among the instances' : null,
  );
  return rows;
}
