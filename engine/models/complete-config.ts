import {
  type ConfigInput,
  type ConfigInstanceGroup,
  type ConfigOutput,
  configDataType,
  type ModelConfig,
} from '../config';
import type { ModelSettings, TensorSpec } from '../contract';
import type { ModelDefinition } from './model-definition';
import { DEFAULT_MODEL_FILE } from './model-file';
import type { Reshapes } from './reshape';

/** What a model runs with at this moment. */
export interface LiveValues {
  readonly settings: ModelSettings;
  /** Execution provider of the sessions that serve; null while there are none. */
  readonly activeProvider: string | null;
}

/**
 * A model's configuration as it is in force: what the file leaves out is filled in from the ONNX file and from the defaults, and
 * settings that were changed while it serves stand as they are now. Read back, it gives the same settings.
 */
export function completeConfig(definition: ModelDefinition, live: LiveValues): ModelConfig {
  const { config, name } = definition;
  const { settings } = live;
  const { stacks } = definition;
  const simulated = definition.backend === 'simulated';
  return {
    ...config,
    name,
    platform: simulated ? '' : 'onnxruntime_onnx',
    backend: simulated ? 'ferry_simulated' : 'onnxruntime',
    version_policy: config.version_policy ?? { latest: { num_versions: 1 } },
    max_batch_size: stacks ? settings.maxBatchSize : 0,
    input: definition.inputs.map((spec) => completeInput(spec, listed(config.input, spec), definition)),
    output: definition.outputs.map((spec) => completeOutput(spec, listed(config.output, spec), definition)),
    optimization: {
      input_pinned_memory: { enable: true },
      output_pinned_memory: { enable: true },
      ...config.optimization,
    },
    dynamic_batching: stacks && settings.batching !== 'off' ? completeBatching(config, settings) : undefined,
    instance_group: completeGroups(name, config.instance_group ?? [], live),
    default_model_filename: config.default_model_filename || (simulated ? '' : DEFAULT_MODEL_FILE),
  };
}

function listed<T extends ConfigInput | ConfigOutput>(
  tensors: readonly T[] | undefined,
  spec: TensorSpec,
): T | undefined {
  return tensors?.find((tensor) => tensor.name === spec.name);
}

function completeInput(
  spec: TensorSpec,
  stated: ConfigInput | undefined,
  definition: ModelDefinition,
): ConfigInput {
  return {
    ...stated,
    ...completeTensor(spec, stated, definition.stacks, definition.inputReshapes),
    optional: spec.optional,
  };
}

function completeOutput(
  spec: TensorSpec,
  stated: ConfigOutput | undefined,
  definition: ModelDefinition,
): ConfigOutput {
  return { ...stated, ...completeTensor(spec, stated, definition.stacks, definition.outputReshapes) };
}

/** `dims` may not be empty where requests are stacked: a tensor that is nothing but the batch has a reshape that says so. */
function completeTensor(
  { name, datatype, shape }: TensorSpec,
  stated: ConfigInput | ConfigOutput | undefined,
  stacks: boolean,
  reshapes: Reshapes,
) {
  const common = { name, data_type: configDataType(datatype) };
  if (stated?.dims !== undefined && stated.dims.length > 0) return { ...common, dims: stated.dims };
  const dims = stacks ? shape.slice(1) : shape;
  const reshape = reshapes.get(name);
  return reshape
    ? { ...common, dims, reshape: { shape: stacks ? reshape.model.slice(1) : reshape.model } }
    : { ...common, dims };
}

function completeBatching(config: ModelConfig, settings: ModelSettings): ModelConfig['dynamic_batching'] {
  const stated = config.dynamic_batching;
  const policy = stated?.default_queue_policy;
  return {
    ...stated,
    preferred_batch_size:
      settings.preferredBatchSizes.length > 0 ? settings.preferredBatchSizes : [settings.maxBatchSize],
    max_queue_delay_microseconds: settings.maxQueueDelayUs,
    // The engine's own bound on a queue is not a part of the model: without a policy in the file there is none here.
    ...(policy ? { default_queue_policy: { ...policy, max_queue_size: settings.maxQueueSize } } : {}),
  };
}

/** As Triton names and places them: `<model>_<number>`, and where the kind was left open, where the sessions are. */
function completeGroups(
  model: string,
  stated: readonly ConfigInstanceGroup[],
  { settings, activeProvider }: LiveValues,
): readonly ConfigInstanceGroup[] {
  const groups = stated.length > 0 ? stated : [{}];
  const others = groups.slice(1).reduce((sum, group) => sum + (group.count ?? 1), 0);
  const onCpu = (activeProvider ?? settings.executionProviders[0]) === 'cpu';
  return groups.map((group, i) => {
    const kind = group.kind === undefined || group.kind === 'KIND_AUTO' ? null : group.kind;
    return {
      ...group,
      name: group.name || `${model}_${i}`,
      kind: kind ?? (onCpu || activeProvider === 'simulated' ? 'KIND_CPU' : 'KIND_GPU'),
      count: i === 0 ? Math.max(1, settings.instanceCount - others) : (group.count ?? 1),
    };
  });
}
