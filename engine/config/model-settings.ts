import { EngineError, invalid } from '../base';
import {
  EXECUTION_PROVIDERS,
  type ExecutionProvider,
  type ModelSettings,
  type ModelSettingsPatch,
  SETTING_LIMITS,
  type SettingOrigin,
} from '../contract';
import { didYouMean } from './did-you-mean';
import {
  type ConfigDynamicBatching,
  type ConfigInput,
  type ConfigInstanceGroup,
  type ConfigOutput,
  configParameter,
  type ModelConfig,
} from './model-config';

/** What settings depend on beside the file. */
export interface SettingsContext {
  /** Why requests cannot be stacked ("input \"x\" has the fixed first dimension 1"); null when they can. */
  readonly obstacle: string | null;
  /** Cores that this engine may use. */
  readonly cpuBudget: number;
  readonly platform: NodeJS.Platform;
}

export type SettingOrigins = Readonly<Record<keyof ModelSettings, SettingOrigin>>;

/** Triton completes with 4; 16 is where a model bound by its weights has most of its gain on a CPU. */
export const DEFAULT_MAX_BATCH_SIZE = 16;
export const DEFAULT_MAX_QUEUE_SIZE = 1024;

export const FERRY_PARAMETER = {
  executionProviders: 'ferry.execution_providers',
  batching: 'ferry.batching',
} as const;
const THREADS_PARAMETER = 'intra_op_thread_count';

type Setting<T> = readonly [value: T, origin: SettingOrigin];

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
 * Errors: MODEL_INVALID naming the field, its value and the limit.
 */
export function settingsOf(
  config: ModelConfig,
  context: SettingsContext,
): { settings: ModelSettings; origins: SettingOrigins } {
  const maxBatchSize = maxBatchSizeOf(config, context);
  const batching = batchingOf(config, context);
  const preferred = preferredSizesOf(config, maxBatchSize[0]);
  const delay = limited(
    config.dynamic_batching?.max_queue_delay_microseconds,
    'dynamic_batching.max_queue_delay_microseconds',
    'maxQueueDelayUs',
    0,
  );
  const queueSize = maxQueueSizeOf(config);
  const instances = instanceCountOf(config);
  const providers = executionProvidersOf(config, context.platform);
  const threads = threadsOf(config, context.cpuBudget, instances[0]);
  return {
    settings: {
      batching: batching[0],
      maxBatchSize: maxBatchSize[0],
      preferredBatchSizes: [...preferred[0]],
      maxQueueDelayUs: delay[0],
      maxQueueSize: queueSize[0],
      instanceCount: instances[0],
      executionProviders: [...providers[0]],
      intraOpThreads: threads[0],
    },
    origins: {
      batching: batching[1],
      maxBatchSize: maxBatchSize[1],
      preferredBatchSizes: preferred[1],
      maxQueueDelayUs: delay[1],
      maxQueueSize: queueSize[1],
      instanceCount: instances[1],
      executionProviders: providers[1],
      intraOpThreads: threads[1],
    },
  };
}

const modelInvalid = (message: string): EngineError =>
  new EngineError('MODEL_INVALID', `config.pbtxt: ${message}`);

/** A number from the file within the limits of its setting, or the default. */
function limited(
  value: number | undefined,
  field: string,
  setting: keyof typeof SETTING_LIMITS,
  otherwise: number,
): Setting<number> {
  if (value === undefined) return [otherwise, 'default'];
  const { min, max } = SETTING_LIMITS[setting];
  if (!Number.isInteger(value) || value < min || value > max)
    throw modelInvalid(`${field} is ${value}; it must be a whole number from ${min} to ${max}`);
  return [value, 'file'];
}

function maxBatchSizeOf(config: ModelConfig, context: SettingsContext): Setting<number> {
  const value = config.max_batch_size;
  if (context.obstacle !== null) {
    if (value !== undefined && value !== 0) {
      throw modelInvalid(
        `max_batch_size is ${value}, but requests of this model cannot be stacked: ${context.obstacle}. Set it to 0, or export the model with an open first dimension`,
      );
    }
    return [1, 'onnx'];
  }
  if (value === 0) return [1, 'file'];
  if (value === undefined && !dimsOmitBatch(config, true)) return [1, 'file'];
  return limited(value, 'max_batch_size', 'maxBatchSize', DEFAULT_MAX_BATCH_SIZE);
}

function batchingOf(config: ModelConfig, context: SettingsContext): Setting<boolean> {
  const choice = configParameter(config, FERRY_PARAMETER.batching);
  if (choice !== undefined && choice !== 'on' && choice !== 'off') {
    throw modelInvalid(`parameter "${FERRY_PARAMETER.batching}" is "${choice}"; it must be "on" or "off"`);
  }
  if (context.obstacle !== null) return [false, 'onnx'];
  if (choice === 'off') return [false, 'file'];
  if (!dimsOmitBatch(config, true)) return [false, 'file'];
  if (choice === 'on' || config.dynamic_batching !== undefined) return [true, 'file'];
  // Completed as Triton does: with both sides listed the file is taken as complete, and it does not ask for batching.
  if (config.input !== undefined && config.output !== undefined) return [false, 'file'];
  if (config.max_batch_size === 1) return [false, 'file'];
  return [true, 'onnx'];
}

function preferredSizesOf(config: ModelConfig, maxBatchSize: number): Setting<readonly number[]> {
  const sizes = config.dynamic_batching?.preferred_batch_size;
  if (sizes === undefined || sizes.length === 0) return [[], 'default'];
  if (sizes.length > 32)
    throw modelInvalid(
      `dynamic_batching.preferred_batch_size lists ${sizes.length} sizes; at most 32 are taken`,
    );
  const wrong = sizes.find((size) => size < 1 || size > maxBatchSize);
  if (wrong !== undefined) {
    throw modelInvalid(
      `dynamic_batching.preferred_batch_size contains ${wrong}; sizes must be from 1 to max_batch_size (${maxBatchSize})`,
    );
  }
  return [sizes, 'file'];
}

function maxQueueSizeOf(config: ModelConfig): Setting<number> {
  const value = config.dynamic_batching?.default_queue_policy?.max_queue_size;
  // 0 means no limit in the file; the engine bounds every queue, so it becomes the largest bound.
  if (value === 0) return [SETTING_LIMITS.maxQueueSize.max, 'file'];
  return limited(
    value,
    'dynamic_batching.default_queue_policy.max_queue_size',
    'maxQueueSize',
    DEFAULT_MAX_QUEUE_SIZE,
  );
}

function instanceCountOf(config: ModelConfig): Setting<number> {
  const groups = config.instance_group ?? [];
  if (groups.length === 0) return [1, 'default'];
  for (const { count } of groups) {
    if (count !== undefined && count < 1)
      throw modelInvalid(
        `instance_group.count is ${count}; it must be at least ${SETTING_LIMITS.instanceCount.min}`,
      );
  }
  const sum = groups.reduce((total, group) => total + (group.count ?? 1), 0);
  const [value] = limited(sum, 'the sum of instance_group.count', 'instanceCount', 1);
  return [value, groups.some((group) => group.count !== undefined) || groups.length > 1 ? 'file' : 'default'];
}

/** What KIND_GPU means where the runtime offers several: the vendor's own provider of the platform, the CPU behind it. */
const GPU_PROVIDERS: Readonly<Partial<Record<NodeJS.Platform, readonly ExecutionProvider[]>>> = {
  win32: ['dml', 'cpu'],
  darwin: ['coreml', 'cpu'],
};

function executionProvidersOf(
  config: ModelConfig,
  platform: NodeJS.Platform,
): Setting<readonly ExecutionProvider[]> {
  const listed = configParameter(config, FERRY_PARAMETER.executionProviders);
  if (listed !== undefined) return [parseProviders(listed), 'file'];
  const accelerators = config.optimization?.execution_accelerators?.gpu_execution_accelerator ?? [];
  const accelerated = accelerators.flatMap(({ name }) => ACCELERATOR_PROVIDERS[name ?? ''] ?? []);
  if (accelerated.length > 0)
    return [[...new Set<ExecutionProvider>([...accelerated, 'cuda', 'cpu'])], 'file'];
  const onGpu = config.instance_group?.some((group) => group.kind === 'KIND_GPU') ?? false;
  if (onGpu) return [GPU_PROVIDERS[platform] ?? ['cuda', 'cpu'], 'file'];
  const onCpu = config.instance_group?.some((group) => group.kind === 'KIND_CPU') ?? false;
  return [['cpu'], onCpu ? 'file' : 'default'];
}

/** GPU execution accelerators that are acted on, by Triton's name for them. */
export const ACCELERATOR_PROVIDERS: Readonly<Record<string, readonly ExecutionProvider[]>> = {
  tensorrt: ['tensorrt'],
  cuda: ['cuda'],
};

function parseProviders(text: string): ExecutionProvider[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0)
    throw modelInvalid(
      `parameter "${FERRY_PARAMETER.executionProviders}" is empty; list some of ${EXECUTION_PROVIDERS.join(', ')}`,
    );
  return [...new Set(names)].map((name) => {
    const known = EXECUTION_PROVIDERS.find((provider) => provider === name);
    if (known !== undefined) return known;
    throw modelInvalid(
      `parameter "${FERRY_PARAMETER.executionProviders}" names "${name}"; known are ${EXECUTION_PROVIDERS.join(', ')}.${didYouMean(name, EXECUTION_PROVIDERS)}`,
    );
  });
}

/**
 * Threads of one session. One core is left for the event loop that takes requests and plans batches: when sessions take all
 * cores, every batch waits for the thread that should have planned it.
 */
export function defaultIntraOpThreads(cpuBudget: number, instanceCount: number): number {
  return Math.max(1, Math.floor((cpuBudget - 1) / instanceCount));
}

function threadsOf(config: ModelConfig, cpuBudget: number, instanceCount: number): Setting<number> {
  const text = configParameter(config, THREADS_PARAMETER);
  // 0 asks ONNX Runtime to choose; it would take every core in each session.
  if (text === undefined || text === '0') return [defaultIntraOpThreads(cpuBudget, instanceCount), 'default'];
  if (!/^\d{1,6}$/.test(text))
    throw modelInvalid(`parameter "${THREADS_PARAMETER}" is "${text}"; it must be a whole number`);
  return limited(Number(text), `parameter "${THREADS_PARAMETER}"`, 'intraOpThreads', 1);
}

/**
 * The configuration with some settings changed. Only what the patch names is touched; sizes preferred beyond a smaller
 * `maxBatchSize` are dropped with it.
 *
 * Errors: INVALID_ARGUMENT when a value does not fit the model or another setting.
 */
export function patchModelConfig(
  config: ModelConfig,
  patch: ModelSettingsPatch,
  context: SettingsContext,
): ModelConfig {
  refuseBatchingOf(patch, context);
  const before = settingsOf(config, context).settings;
  const wanted: ModelSettings = { ...before, ...definedOnly(patch) };
  const misfit = patch.preferredBatchSizes?.find((size) => size > wanted.maxBatchSize);
  if (misfit !== undefined)
    throw invalid(
      `preferredBatchSizes contains ${misfit}; the largest allowed is maxBatchSize (${wanted.maxBatchSize})`,
    );
  let result = config;
  if (context.obstacle === null && (patch.maxBatchSize !== undefined || patch.batching === true))
    result = withBatchDimension(result, patch);
  result = withQueueFields(result, patch, wanted.maxBatchSize);
  if (patch.instanceCount !== undefined)
    result = withInstanceCount(result, patch.instanceCount, wanted.executionProviders);
  if (patch.executionProviders !== undefined)
    result = withProviders(result, patch.executionProviders, context.platform);
  if (patch.intraOpThreads !== undefined)
    result = withParameter(result, THREADS_PARAMETER, String(patch.intraOpThreads));
  return context.obstacle === null ? withBatching(result, wanted.batching, context) : result;
}

function definedOnly(patch: ModelSettingsPatch): ModelSettingsPatch {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

function refuseBatchingOf(patch: ModelSettingsPatch, { obstacle }: SettingsContext): void {
  if (obstacle === null) return;
  const asked =
    patch.batching === true
      ? 'batching on'
      : (patch.maxBatchSize ?? 1) > 1
        ? `maxBatchSize ${patch.maxBatchSize}`
        : null;
  if (asked !== null)
    throw invalid(
      `${asked} is not possible: ${obstacle}. Export the model with an open first dimension to batch it`,
    );
}

/** Sets `max_batch_size`; where dims stood for full shapes they lose the batch dimension, which the size now implies. */
function withBatchDimension(config: ModelConfig, patch: ModelSettingsPatch): ModelConfig {
  const omitted = dimsOmitBatch(config, true);
  if (omitted && patch.maxBatchSize === undefined) return config;
  // A size of 1 from "full shapes" would not be a batch: switching batching on there means the default size.
  const size = patch.maxBatchSize ?? DEFAULT_MAX_BATCH_SIZE;
  const sized: ModelConfig = { ...config, max_batch_size: size };
  if (omitted) return sized;
  const lists = [...(config.input ?? []), ...(config.output ?? [])];
  const mixed = lists.find(
    ({ dims, reshape }) => reshape && !(dims?.[0] === -1 && reshape.shape?.[0] === -1),
  );
  if (mixed)
    throw invalid(
      `batching is not possible while config.pbtxt reshapes "${mixed.name ?? ''}" across its first dimension`,
    );
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
  providers: readonly ExecutionProvider[],
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

function withProviders(
  config: ModelConfig,
  providers: readonly ExecutionProvider[],
  platform: NodeJS.Platform,
): ModelConfig {
  const without = withParameter(config, FERRY_PARAMETER.executionProviders, null);
  const [derived] = executionProvidersOf(without, platform);
  return derived.join() === providers.join()
    ? without
    : withParameter(config, FERRY_PARAMETER.executionProviders, providers.join(','));
}

/** Switched off, the block with its values stays in the file, so that switching on brings them back. */
function withBatching(config: ModelConfig, batching: boolean, context: SettingsContext): ModelConfig {
  const without = withParameter(config, FERRY_PARAMETER.batching, null);
  if (batchingOf(without, context)[0] === batching) return without;
  if (!batching) return withParameter(config, FERRY_PARAMETER.batching, 'off');
  return { ...without, dynamic_batching: without.dynamic_batching ?? {} };
}

function withParameter(config: ModelConfig, key: string, value: string | null): ModelConfig {
  const { [key]: _before, ...others } = config.parameters ?? {};
  const parameters = value === null ? others : { ...config.parameters, [key]: { string_value: value } };
  if (Object.keys(parameters).length > 0) return { ...config, parameters };
  const { parameters: _none, ...rest } = config;
  return rest;
}
