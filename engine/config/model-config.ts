import type { Datatype } from '../contract';

/** Names of `DataType` in the configuration, by number. */
export const CONFIG_DATA_TYPES = [
  'TYPE_INVALID',
  'TYPE_BOOL',
  'TYPE_UINT8',
  'TYPE_UINT16',
  'TYPE_UINT32',
  'TYPE_UINT64',
  'TYPE_INT8',
  'TYPE_INT16',
  'TYPE_INT32',
  'TYPE_INT64',
  'TYPE_FP16',
  'TYPE_FP32',
  'TYPE_FP64',
  'TYPE_STRING',
  'TYPE_BF16',
] as const;
export type ConfigDataType = (typeof CONFIG_DATA_TYPES)[number];

/** Wire name of a configuration's data type; null for TYPE_INVALID. The two differ for strings only. */
export function wireDatatype(type: ConfigDataType): Datatype | null {
  if (type === 'TYPE_INVALID') return null;
  return type === 'TYPE_STRING' ? 'BYTES' : (type.slice('TYPE_'.length) as Datatype);
}

/** The configuration's name of a wire datatype. */
export function configDataType(datatype: Datatype): ConfigDataType {
  return datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`;
}

export interface ConfigReshape {
  readonly shape?: readonly number[];
}

/** One entry of `input`. Sizes in `dims` are without the batch dimension when `max_batch_size` is above 0; -1 is open. */
export interface ConfigInput {
  readonly name?: string;
  readonly data_type?: ConfigDataType;
  readonly format?: 'FORMAT_NONE' | 'FORMAT_NHWC' | 'FORMAT_NCHW';
  readonly dims?: readonly number[];
  readonly reshape?: ConfigReshape;
  readonly is_shape_tensor?: boolean;
  readonly allow_ragged_batch?: boolean;
  readonly optional?: boolean;
  readonly is_non_linear_format_io?: boolean;
}

export interface ConfigOutput {
  readonly name?: string;
  readonly data_type?: ConfigDataType;
  readonly dims?: readonly number[];
  readonly label_filename?: string;
  readonly reshape?: ConfigReshape;
  readonly is_shape_tensor?: boolean;
  readonly is_non_linear_format_io?: boolean;
}

export type InstanceKind = 'KIND_AUTO' | 'KIND_GPU' | 'KIND_CPU' | 'KIND_MODEL';

export interface ConfigInstanceGroup {
  readonly name?: string;
  readonly count?: number;
  readonly gpus?: readonly number[];
  readonly kind?: InstanceKind;
  readonly profile?: readonly string[];
  readonly rate_limiter?: ConfigMessage;
  readonly passive?: boolean;
  readonly secondary_devices?: readonly ConfigMessage[];
  readonly host_policy?: string;
}

export interface ConfigQueuePolicy {
  readonly timeout_action?: 'REJECT' | 'DELAY';
  readonly default_timeout_microseconds?: number;
  readonly allow_timeout_override?: boolean;
  /** Requests that may wait; 0 is no limit. */
  readonly max_queue_size?: number;
}

export interface ConfigDynamicBatching {
  readonly preferred_batch_size?: readonly number[];
  readonly max_queue_delay_microseconds?: number;
  readonly preserve_ordering?: boolean;
  readonly priority_levels?: number;
  readonly default_priority_level?: number;
  readonly default_queue_policy?: ConfigQueuePolicy;
  readonly priority_queue_policy?: Readonly<Record<string, ConfigQueuePolicy>>;
}

export type SequenceControlKind = `CONTROL_SEQUENCE_${'START' | 'READY' | 'END' | 'CORRID'}`;

export interface ConfigSequenceControl {
  /** Absent: CONTROL_SEQUENCE_START, the enum's first. */
  readonly kind?: SequenceControlKind;
  readonly int32_false_true?: readonly number[];
  readonly fp32_false_true?: readonly number[];
  readonly bool_false_true?: readonly boolean[];
  /** Of CONTROL_SEQUENCE_CORRID. */
  readonly data_type?: ConfigDataType;
}

export interface ConfigInitialState {
  readonly name?: string;
  readonly data_type?: ConfigDataType;
  readonly dims?: readonly number[];
  /** One of the two; of the first only that it is there counts. */
  readonly zero_data?: boolean;
  readonly data_file?: string;
}

export interface ConfigSequenceState {
  readonly input_name?: string;
  readonly output_name?: string;
  readonly data_type?: ConfigDataType;
  readonly dims?: readonly number[];
  readonly initial_state?: readonly ConfigInitialState[];
  readonly use_same_buffer_for_input_output?: boolean;
  readonly use_growable_memory?: boolean;
}

export interface ConfigSequenceBatching {
  readonly max_sequence_idle_microseconds?: number;
  readonly control_input?: readonly {
    readonly name?: string;
    readonly control?: readonly ConfigSequenceControl[];
  }[];
  readonly direct?: {
    readonly max_queue_delay_microseconds?: number;
    readonly minimum_slot_utilization?: number;
  };
  readonly oldest?: {
    readonly max_candidate_sequences?: number;
    readonly preferred_batch_size?: readonly number[];
    readonly max_queue_delay_microseconds?: number;
    readonly preserve_ordering?: boolean;
  };
  readonly state?: readonly ConfigSequenceState[];
  readonly iterative_sequence?: boolean;
}

export interface ConfigVersionPolicy {
  readonly latest?: { readonly num_versions?: number };
  readonly all?: ConfigMessage;
  readonly specific?: { readonly versions?: readonly number[] };
}

export interface ConfigAccelerator {
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface ConfigOptimization {
  readonly graph?: { readonly level?: number };
  readonly priority?: 'PRIORITY_DEFAULT' | 'PRIORITY_MAX' | 'PRIORITY_MIN';
  readonly cuda?: ConfigMessage;
  readonly execution_accelerators?: {
    readonly gpu_execution_accelerator?: readonly ConfigAccelerator[];
    readonly cpu_execution_accelerator?: readonly ConfigAccelerator[];
  };
  readonly input_pinned_memory?: { readonly enable?: boolean };
  readonly output_pinned_memory?: { readonly enable?: boolean };
  readonly gather_kernel_buffer_threshold?: number;
  readonly eager_batching?: boolean;
}

export interface ConfigWarmupInput {
  readonly data_type?: ConfigDataType;
  readonly dims?: readonly number[];
  /** One of the three; of the first two only that it is there counts. */
  readonly zero_data?: boolean;
  readonly random_data?: boolean;
  readonly input_data_file?: string;
}

export interface ConfigWarmup {
  readonly name?: string;
  readonly batch_size?: number;
  readonly inputs?: Readonly<Record<string, ConfigWarmupInput>>;
  readonly count?: number;
}

/** A part of the configuration that Ferry keeps and does not act on. */
export interface ConfigMessage {
  readonly [field: string]: ConfigValue | undefined;
}
export type ConfigValue = string | number | boolean | ConfigMessage | readonly ConfigValue[];

/**
 * A model's stored configuration: Triton's `ModelConfig`, names as in `config.pbtxt`, enums by name. A property is there
 * exactly when the file sets the field, so `max_batch_size: 0` and no `max_batch_size` are two things.
 */
export interface ModelConfig {
  readonly name?: string;
  readonly platform?: string;
  readonly backend?: string;
  readonly runtime?: string;
  readonly version_policy?: ConfigVersionPolicy;
  readonly max_batch_size?: number;
  readonly input?: readonly ConfigInput[];
  readonly output?: readonly ConfigOutput[];
  readonly batch_input?: readonly ConfigMessage[];
  readonly batch_output?: readonly ConfigMessage[];
  readonly optimization?: ConfigOptimization;
  readonly dynamic_batching?: ConfigDynamicBatching;
  readonly sequence_batching?: ConfigSequenceBatching;
  readonly ensemble_scheduling?: ConfigMessage;
  readonly instance_group?: readonly ConfigInstanceGroup[];
  readonly default_model_filename?: string;
  readonly cc_model_filenames?: Readonly<Record<string, string>>;
  readonly metric_tags?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, { readonly string_value?: string }>>;
  readonly model_warmup?: readonly ConfigWarmup[];
  readonly model_operations?: ConfigMessage;
  readonly model_transaction_policy?: { readonly decoupled?: boolean };
  readonly model_repository_agents?: ConfigMessage;
  readonly response_cache?: { readonly enable?: boolean };
  readonly model_metrics?: ConfigMessage;
}

/** Value of a parameter, or undefined when the file does not set it. */
export function configParameter(config: ModelConfig, key: string): string | undefined {
  const parameters = config.parameters;
  return parameters !== undefined && Object.hasOwn(parameters, key)
    ? (parameters[key]?.string_value ?? '')
    : undefined;
}
