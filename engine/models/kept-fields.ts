import { ACCELERATOR_PROVIDERS, type ModelConfig, TUNING_PARAMETERS } from '../config';

type Check = readonly [field: string, isSet: (config: ModelConfig) => boolean];

const ACTED_ON: ReadonlySet<string> = new Set(['intra_op_thread_count', ...TUNING_PARAMETERS]);
const isActedOn = (key: string): boolean => ACTED_ON.has(key) || key.startsWith('ferry.');

/** Fields of Triton's configuration that stay in the file and that this engine does not act on yet. */
const KEPT: readonly Check[] = [
  ['runtime', (c) => (c.runtime ?? '') !== ''],
  ['cc_model_filenames', (c) => c.cc_model_filenames !== undefined],
  ['model_operations', (c) => c.model_operations !== undefined],
  ['model_repository_agents', (c) => c.model_repository_agents !== undefined],
  ['model_metrics', (c) => c.model_metrics !== undefined],
  ['response_cache', (c) => c.response_cache?.enable === true],
  ['instance_group.gpus', (c) => c.instance_group?.some((group) => (group.gpus?.length ?? 0) > 0) === true],
  ['instance_group.passive', (c) => c.instance_group?.some((group) => group.passive === true) === true],
  [
    'instance_group.host_policy',
    (c) => c.instance_group?.some((group) => (group.host_policy ?? '') !== '') === true,
  ],
  [
    'instance_group.secondary_devices',
    (c) => c.instance_group?.some((group) => group.secondary_devices) === true,
  ],
  ['instance_group.profile', (c) => c.instance_group?.some((group) => group.profile) === true],
  ['optimization.eager_batching', (c) => c.optimization?.eager_batching === true],
  ['optimization.cuda', (c) => c.optimization?.cuda !== undefined],
  [
    'optimization.execution_accelerators.cpu_execution_accelerator',
    (c) => c.optimization?.execution_accelerators?.cpu_execution_accelerator !== undefined,
  ],
];

/** Names of the fields that a configuration sets without effect here, so that the operator is told and not misled. */
export function keptFields(config: ModelConfig): readonly string[] {
  const parameters = Object.keys(config.parameters ?? {}).filter((key) => !isActedOn(key));
  return [
    ...KEPT.filter(([, isSet]) => isSet(config)).map(([field]) => field),
    ...unknownAccelerators(config),
    ...parameters.map((key) => `parameters "${key}"`),
  ];
}

/** True for a value (`instance_group[0].gpus`, as its text) that belongs to such a field. */
export function isKeptValue(path: string, value: string): boolean {
  if (isUnknownAccelerator(path, value)) return true;
  const parameter = /^parameters\["(.*)"\]$/.exec(path)?.[1];
  if (parameter !== undefined) return !isActedOn(parameter);
  const plain = path.replace(/\[[^\]]*\]/g, '');
  return KEPT.some(([field]) => plain === field || plain.startsWith(`${field}.`));
}

const GPU_ACCELERATOR = 'optimization.execution_accelerators.gpu_execution_accelerator';

const isKnownAccelerator = (name: string): boolean => Object.hasOwn(ACCELERATOR_PROVIDERS, name);

function unknownAccelerators(config: ModelConfig): readonly string[] {
  const listed = config.optimization?.execution_accelerators?.gpu_execution_accelerator ?? [];
  return listed
    .map(({ name = '' }) => name)
    .filter((name) => !isKnownAccelerator(name))
    .map((name) => `${GPU_ACCELERATOR} "${name}"`);
}

function isUnknownAccelerator(path: string, value: string): boolean {
  if (!path.startsWith(GPU_ACCELERATOR) || !path.endsWith('.name')) return false;
  return !Object.keys(ACCELERATOR_PROVIDERS).some((name) => value === JSON.stringify(name));
}
