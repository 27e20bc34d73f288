import type { ModelConfig } from '../config';

type Check = readonly [field: string, isSet: (config: ModelConfig) => boolean];

const ACTED_ON_PARAMETER = /^(?:intra_op_thread_count$|ferry\.)/;

/** Fields of Triton's configuration that stay in the file and that this engine does not act on yet. */
const KEPT: readonly Check[] = [
  ['runtime', (c) => (c.runtime ?? '') !== ''],
  ['cc_model_filenames', (c) => c.cc_model_filenames !== undefined],
  ['model_warmup', (c) => c.model_warmup !== undefined],
  ['model_operations', (c) => c.model_operations !== undefined],
  ['model_repository_agents', (c) => c.model_repository_agents !== undefined],
  ['model_metrics', (c) => c.model_metrics !== undefined],
  ['response_cache', (c) => c.response_cache?.enable === true],
  ['dynamic_batching.preserve_ordering', (c) => c.dynamic_batching?.preserve_ordering === true],
  ['dynamic_batching.priority_levels', (c) => (c.dynamic_batching?.priority_levels ?? 0) > 0],
  ['dynamic_batching.priority_queue_policy', (c) => c.dynamic_batching?.priority_queue_policy !== undefined],
  [
    'dynamic_batching.default_queue_policy.default_timeout_microseconds',
    (c) => (c.dynamic_batching?.default_queue_policy?.default_timeout_microseconds ?? 0) > 0,
  ],
  ['instance_group.gpus', (c) => c.instance_group?.some((group) => (group.gpus?.length ?? 0) > 0) === true],
  ['instance_group.rate_limiter', (c) => c.instance_group?.some((group) => group.rate_limiter) === true],
  ['instance_group.profile', (c) => c.instance_group?.some((group) => group.profile) === true],
  ['input.optional', (c) => c.input?.some((tensor) => tensor.optional === true) === true],
  ['output.label_filename', (c) => c.output?.some((tensor) => (tensor.label_filename ?? '') !== '') === true],
  ['optimization.graph', (c) => c.optimization?.graph !== undefined],
  ['optimization.priority', (c) => c.optimization?.priority !== undefined],
  ['optimization.cuda', (c) => c.optimization?.cuda !== undefined],
  [
    'optimization.execution_accelerators.cpu_execution_accelerator',
    (c) => c.optimization?.execution_accelerators?.cpu_execution_accelerator !== undefined,
  ],
];

/** Names of the fields that a configuration sets without effect here, so that the operator is told and not misled. */
export function keptFields(config: ModelConfig): readonly string[] {
  const parameters = Object.keys(config.parameters ?? {}).filter((key) => !ACTED_ON_PARAMETER.test(key));
  return [
    ...KEPT.filter(([, isSet]) => isSet(config)).map(([field]) => field),
    ...parameters.map((key) => `parameters "${key}"`),
  ];
}

/** True for the path of a value (`instance_group[0].gpus`) that belongs to such a field. */
export function isKeptPath(path: string): boolean {
  const parameter = /^parameters\["(.*)"\]$/.exec(path)?.[1];
  if (parameter !== undefined) return !ACTED_ON_PARAMETER.test(parameter);
  const plain = path.replace(/\[[^\]]*\]/g, '');
  return KEPT.some(([field]) => plain === field || plain.startsWith(`${field}.`));
}
