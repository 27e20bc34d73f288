import { readSequenceConfig, type SequenceSetup } from '../../../batching';
import { parseModelConfig, type SchedulingConfig, schedulingConfigOf, settingsOf } from '../../../config';
import type { ModelSettings, TensorSpec } from '../../../contract';
import type { Random } from '../random';

/** A model of a chaos run: how it is configured, and what asks it. */
export interface ModelKind {
  readonly name: string;
  /** Dimension 0 of its tensors is the batch. */
  readonly stacks: boolean;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly settings: ModelSettings;
  readonly scheduling: SchedulingConfig;
  readonly sequence: SequenceSetup | null;
  /** Second dimensions that requests have. */
  readonly widths: readonly number[];
  /** Its sizes are padded to what the operator allows. */
  readonly pads: boolean;
}

interface Text {
  readonly name: string;
  readonly config: string;
  readonly lone?: boolean;
  readonly openInner?: boolean;
  readonly more?: Partial<ModelSettings>;
}

const int32 = (name: string, shape: readonly number[]): TensorSpec => ({
  name,
  datatype: 'INT32',
  shape,
  dimNames: shape.map(() => null),
  optional: false,
});

const SEQUENCE = `
  max_sequence_idle_microseconds: 1000000
  control_input [
    { name: "ready" control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } ] },
    { name: "id" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_INT32 } ] } ]
  state [ { input_name: "state" output_name: "state_out" data_type: TYPE_INT32 dims: [ 1 ] } ]`;

const TEXTS: readonly Text[] = [
  {
    name: 'plain',
    config: 'max_batch_size: 16 dynamic_batching { max_queue_delay_microseconds: 5000 }',
  },
  {
    name: 'shapes',
    config:
      'max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 20000 }',
    openInner: true,
  },
  {
    name: 'levels',
    config: `max_batch_size: 16
      dynamic_batching { priority_levels: 3 default_priority_level: 2 max_queue_delay_microseconds: 2000
        default_queue_policy { timeout_action: REJECT default_timeout_microseconds: 1200000 allow_timeout_override: true }
        priority_queue_policy [
          { key: 1 value { timeout_action: REJECT default_timeout_microseconds: 450000 max_queue_size: 40 } },
          { key: 3 value { timeout_action: DELAY default_timeout_microseconds: 300000 allow_timeout_override: true } } ] }`,
  },
  {
    name: 'ordered',
    config: `max_batch_size: 8 instance_group [ { count: 3 kind: KIND_CPU } ]
      dynamic_batching { preserve_ordering: true max_queue_delay_microseconds: 1000
        default_queue_policy { default_timeout_microseconds: 900000 allow_timeout_override: true } }`,
  },
  {
    name: 'padded',
    config: 'max_batch_size: 8 dynamic_batching { }',
    more: { allowedBatchSizes: [1, 4, 8] },
  },
  {
    name: 'auto',
    config: 'max_batch_size: 16 dynamic_batching { }',
    more: { batching: 'auto', sloMs: 1500, deviceClass: 'foreground' },
  },
  {
    name: 'background',
    config: `max_batch_size: 32 dynamic_batching { max_queue_delay_microseconds: 1000 }
      instance_group [ { count: 2 kind: KIND_CPU rate_limiter { resources [ { name: "R" count: 1 } ] priority: 2 } } ]`,
    more: { deviceClass: 'background', deviceWeight: 3 },
  },
  { name: 'lone', config: 'max_batch_size: 0', lone: true },
  {
    name: 'direct',
    config: `max_batch_size: 4 instance_group [ { count: 2 kind: KIND_CPU } ]
      sequence_batching { direct { max_queue_delay_microseconds: 3000 minimum_slot_utilization: 0.5 } ${SEQUENCE} }`,
  },
  {
    name: 'oldest',
    config: `max_batch_size: 8
      sequence_batching { oldest { max_candidate_sequences: 6 preferred_batch_size: [ 2, 4 ] max_queue_delay_microseconds: 4000
        preserve_ordering: true } ${SEQUENCE} }`,
  },
];

export const MODEL_KINDS: readonly ModelKind[] = TEXTS.map(kindOf);

function kindOf({ name, config: text, lone = false, openInner = false, more = {} }: Text): ModelKind {
  const config = parseModelConfig(`name: "${name}" ${text}`);
  const stacks = !lone;
  const batch = stacks ? [-1] : [];
  const inner = openInner ? -1 : 2;
  const own = [int32('x', [...batch, inner])];
  const given = [int32('y', [...batch, inner])];
  const hiddenInputs = ['state', 'ready', 'id'].map((hidden) => int32(hidden, [...batch, 1]));
  const allTensors = {
    inputs: [...own, ...hiddenInputs],
    outputs: [...given, int32('state_out', [...batch, 1])],
  };
  const { settings } = settingsOf(config, {
    obstacle: lone ? 'it has no batch dimension' : null,
    cpuBudget: 4,
    platform: 'linux',
  });
  const sequence = readSequenceConfig(config, allTensors, settings.maxBatchSize, stacks);
  return {
    name,
    stacks,
    inputs: own,
    outputs: given,
    settings: { ...settings, ...more },
    scheduling: schedulingConfigOf(config),
    sequence: sequence && {
      ...sequence,
      stacks,
      initialStates: [{ name: 'state', datatype: 'INT32', shape: [1, 1], data: new Uint8Array(4) }],
    },
    widths: openInner ? [2, 3, 4] : [2],
    pads: more.allowedBatchSizes !== undefined,
  };
}

/** What an operator might set, valid for the model. */
export function randomSettings(
  { settings, pads, stacks, sequence }: ModelKind,
  random: Random,
): ModelSettings {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random.uniform() * choices.length)] as T;
  const maxBatchSize = stacks ? pick([2, 4, 8, 16, 32]) : settings.maxBatchSize;
  const instanceCount = pick([1, 1, 2, 3]);
  return {
    ...settings,
    batching:
      stacks && sequence === null ? pick(['off', 'fixed', 'fixed', 'auto', 'auto']) : settings.batching,
    maxBatchSize,
    preferredBatchSizes: pick([[], [2], [2, 4]]).filter((size) => size <= maxBatchSize),
    allowedBatchSizes: pads ? pick([[1, 4, 8], [2, 16], [8], [1, 2, 3, 32], []]) : [],
    maxQueueDelayUs: pick([0, 0, 5_000, 30_000, 300_000]),
    maxQueueSize: pick([16, 64, 400]),
    instanceCount,
    maxInstanceCount: instanceCount + pick([0, 0, 1, 3]),
    sloMs: pick([null, 300, 1500]),
    intraOpThreads: pick([1, 1, 1, 2]),
    pinned: pick([false, false, false, true]),
    deviceWeight: pick([1, 2, 10]),
    deviceClass: pick(['foreground', settings.deviceClass, 'background']),
  };
}
