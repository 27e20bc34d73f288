import { isDeepStrictEqual } from 'node:util';
import { invalid } from '../base';
import type { BatchingMode, ModelSettings, ModelSettingsPatch } from '../contract';
import { modelSettingsPatchSchema, modelSettingsSchema } from '../contract';
import type {
  ConfigDynamicBatching,
  ConfigInput,
  ConfigInstanceGroup,
  ConfigOutput,
  ModelConfig,
} from './model-config';
import { executionProvidersOf } from './provider-settings';
import {
  allowedSizesOf,
  batchingOf,
  DEFAULT_MAX_BATCH_SIZE,
  deviceClassOf,
  dimsOmitBatch,
  maxInstanceCountOf,
  pinOf,
  readSettings,
  SEQUENCES_DECIDE,
  settingsOf,
  sloOf,
} from './read-settings';
import { SettingFaults, type SettingName } from './setting-faults';
import { type ParameterSetting, type Setting, wholeParameter, withParameter } from './setting-parameters';
import { addContradictions, type SettingNames, type SettingsContext } from './setting-rules';

/** In a patch, settings are called what they are. */
const PATCH_NAMES = Object.fromEntries(
  Object.keys(modelSettingsSchema.shape).map((name) => [name, name]),
) as SettingNames;

/**
 * The configuration with some settings changed. Only what the patch names is touched, but for what follows from it: sizes beyond
 * a smaller `maxBatchSize` are dropped with it, and a model without instances to be added under load stays one.
 *
 * Errors: INVALID_ARGUMENT naming every value that is out of its limits, does not fit the model or contradicts another setting;
 * MODEL_INVALID when the configuration itself is wrong.
 */
export function patchModelConfig(
  config: ModelConfig,
  patch: ModelSettingsPatch,
  context: SettingsContext,
): ModelConfig {
  const faults = new SettingFaults();
  const sound = soundPart(patch, faults);
  addObstacles(config, sound, context, faults);
  const patched = applyPatch(config, sound, context);
  const { settings } = readSettings(patched, context, new SettingFaults());
  const touched = new Set(Object.keys(sound) as SettingName[]);
  addContradictions(faults, settings, PATCH_NAMES, context, touched);
  if (faults.messages.length > 0) throw invalid(faults.messages.join('; '));
  return patched;
}

/** What of a patch is within its limits. */
function soundPart(patch: ModelSettingsPatch, faults: SettingFaults): ModelSettingsPatch {
  const checked = modelSettingsPatchSchema.safeParse(patch);
  for (const { path, message } of checked.error?.issues ?? [])
    faults.add(path[0] as SettingName, path.length === 0 ? message : `${path.join('.')}: ${message}`);
  const sound = Object.entries(patch).filter(
    ([name, value]) => value !== undefined && !faults.has(name as SettingName) && name in PATCH_NAMES,
  );
  return Object.fromEntries(sound);
}

function addObstacles(
  config: ModelConfig,
  patch: ModelSettingsPatch,
  { obstacle }: SettingsContext,
  faults: SettingFaults,
): void {
  const batches = patch.batching !== undefined && patch.batching !== 'off';
  if (config.sequence_batching !== undefined) addSequenceObstacles(patch, faults);
  if (obstacle !== null) {
    const how = 'Export the model with an open first dimension to batch it';
    if (batches) faults.add('batching', `batching ${patch.batching} is not possible: ${obstacle}. ${how}`);
    if ((patch.maxBatchSize ?? 1) > 1)
      faults.add('maxBatchSize', `maxBatchSize ${patch.maxBatchSize} is not possible: ${obstacle}. ${how}`);
    return;
  }
  const reshaped = restacks(config, patch) ? acrossBatch(config) : undefined;
  if (reshaped !== undefined)
    faults.add(
      'batching',
      `batching is not possible while config.pbtxt reshapes "${reshaped}" across its first dimension`,
    );
}

/** What a patch would write into `dynamic_batching`, which cannot stand beside `sequence_batching`. */
function addSequenceObstacles(patch: ModelSettingsPatch, faults: SettingFaults): void {
  for (const name of ['batching', 'preferredBatchSizes', 'maxQueueDelayUs', 'maxQueueSize'] as const)
    if (patch[name] !== undefined && patch[name] !== 'off')
      faults.add(name, `${name} cannot be set: ${SEQUENCES_DECIDE}`);
}

/** The patch makes a batch of the first dimension, which so far is one as any other. */
function restacks(config: ModelConfig, patch: ModelSettingsPatch): boolean {
  const asks = patch.maxBatchSize !== undefined || (patch.batching ?? 'off') !== 'off';
  return asks && !dimsOmitBatch(config, true);
}

/** Name of a tensor whose reshape would tear the batch apart. */
function acrossBatch(config: ModelConfig): string | undefined {
  const lists = [...(config.input ?? []), ...(config.output ?? [])];
  const mixed = lists.find(
    ({ dims, reshape }) => reshape && !(dims?.[0] === -1 && reshape.shape?.[0] === -1),
  );
  return mixed && (mixed.name ?? '');
}

function applyPatch(config: ModelConfig, patch: ModelSettingsPatch, context: SettingsContext): ModelConfig {
  // Limits that are known only while it serves are no fault of the file.
  const { settings: before } = settingsOf(config, { ...context, measured: undefined });
  const stacks = context.obstacle === null;
  let result = stacks ? withBatchDimension(config, patch) : config;
  const { maxBatchSize } = readSettings(result, context, new SettingFaults()).settings;
  result = withQueueFields(result, patch, maxBatchSize);
  if (patch.instanceCount !== undefined)
    result = withInstanceCount(
      result,
      patch.instanceCount,
      patch.executionProviders ?? before.executionProviders,
    );
  result = withParameters(result, wantedParameters(before, patch, maxBatchSize), context);
  return stacks ? withBatching(result, patch.batching ?? before.batching, context) : result;
}

/** Settings that stand in parameters, and those that follow from others. */
function wantedParameters(
  before: ModelSettings,
  patch: ModelSettingsPatch,
  maxBatchSize: number,
): ModelSettingsPatch {
  const isScaled = before.maxInstanceCount !== before.instanceCount;
  const fitting = before.allowedBatchSizes.filter((size) => size <= maxBatchSize);
  return {
    allowedBatchSizes: fitting,
    ...(patch.instanceCount === undefined || isScaled ? {} : { maxInstanceCount: patch.instanceCount }),
    ...patch,
  };
}

/** Sets `max_batch_size`; where dims stood for full shapes they lose the batch dimension, which the size now implies. */
function withBatchDimension(config: ModelConfig, patch: ModelSettingsPatch): ModelConfig {
  const begins = restacks(config, patch);
  if (!begins && patch.maxBatchSize === undefined) return config;
  // A size of 1 from "full shapes" would not be a batch: switching batching on there means the default size.
  const size = patch.maxBatchSize ?? DEFAULT_MAX_BATCH_SIZE;
  const sized: ModelConfig = { ...config, max_batch_size: size };
  if (!begins) return sized;
  const lists = [...(config.input ?? []), ...(config.output ?? [])];
  if (lists.some((tensor) => (tensor.dims?.length ?? 0) < 2)) {
    // Nothing would be left of such dims; without the lists both sides are read from the graph.
    const { input: _input, output: _output, ...rest } = sized;
    return rest;
  }
  const inner = <T extends ConfigInput | ConfigOutput>(tensor: T): T => ({
    ...tensor,
    dims: tensor.dims?.slice(1),
    ...(tensor.reshape ? { reshape: { shape: tensor.reshape.shape?.slice(1) } } : {}),
  });
  return {
    ...sized,
    ...(config.input ? { input: config.input.map(inner) } : {}),
    ...(config.output ? { output: config.output.map(inner) } : {}),
  };
}

function withQueueFields(config: ModelConfig, patch: ModelSettingsPatch, maxBatchSize: number): ModelConfig {
  const before: ConfigDynamicBatching = config.dynamic_batching ?? {};
  const preferred =
    patch.preferredBatchSizes ?? before.preferred_batch_size?.filter((size) => size <= maxBatchSize);
  const after: ConfigDynamicBatching = {
    ...before,
    ...(preferred === undefined ? {} : { preferred_batch_size: preferred }),
    ...(patch.maxQueueDelayUs === undefined ? {} : { max_queue_delay_microseconds: patch.maxQueueDelayUs }),
    ...(patch.maxQueueSize === undefined
      ? {}
      : { default_queue_policy: { ...before.default_queue_policy, max_queue_size: patch.maxQueueSize } }),
  };
  const isNew = config.dynamic_batching === undefined;
  const hasContent = Object.values(after).some((value) => !Array.isArray(value) || value.length > 0);
  return isNew && !hasContent ? config : { ...config, dynamic_batching: after };
}

function withInstanceCount(
  config: ModelConfig,
  count: number,
  providers: ModelSettings['executionProviders'],
): ModelConfig {
  const [first, ...others] = config.instance_group ?? [];
  const group: ConfigInstanceGroup = first ?? (providers.join() === 'cpu' ? { kind: 'KIND_CPU' } : {});
  const elsewhere = others.reduce((sum, other) => sum + (other.count ?? 1), 0);
  const kept = count > elsewhere ? others : [];
  return {
    ...config,
    instance_group: [{ ...group, count: kept.length > 0 ? count - elsewhere : count }, ...kept],
  };
}

type Reader = (config: ModelConfig, faults: SettingFaults, context: SettingsContext) => Setting<unknown>;

/** Settings that are written only where the rest of the file does not already stand for them. */
const DERIVED: readonly (readonly [ParameterSetting, Reader])[] = [
  ['executionProviders', (config, faults, { platform }) => executionProvidersOf(config, platform, faults)],
  ['sloMs', sloOf],
  ['allowedBatchSizes', allowedSizesOf],
  ['maxInstanceCount', maxInstanceCountOf],
  ['deviceWeight', (config, faults) => wholeParameter(config, 'deviceWeight', 1, faults)],
  ['deviceClass', deviceClassOf],
  ['pinned', pinOf],
];

function withParameters(
  config: ModelConfig,
  wanted: ModelSettingsPatch,
  context: SettingsContext,
): ModelConfig {
  const { intraOpThreads } = wanted;
  let result =
    intraOpThreads === undefined ? config : withParameter(config, 'intraOpThreads', String(intraOpThreads));
  for (const [setting, read] of DERIVED) {
    const value = wanted[setting];
    const stands = (candidate: ModelConfig) =>
      isDeepStrictEqual(read(candidate, new SettingFaults(), context)[0], value);
    // A file that says so already keeps its text.
    if (value === undefined || stands(result)) continue;
    const without = withParameter(result, setting, null);
    result = stands(without) ? without : withParameter(result, setting, String(value));
  }
  return result;
}

/** Switched off, the block with its values stays in the file, so that switching on brings them back. */
function withBatching(config: ModelConfig, batching: BatchingMode, context: SettingsContext): ModelConfig {
  const stands = (candidate: ModelConfig) =>
    batchingOf(candidate, context, new SettingFaults())[0] === batching;
  if (stands(config)) return config;
  const without = withParameter(config, 'batching', null);
  if (stands(without)) return without;
  if (batching !== 'fixed') return withParameter(config, 'batching', batching);
  return { ...without, dynamic_batching: without.dynamic_batching ?? {} };
}
