import { EngineError } from '../../base';
import type { ConfigSequenceBatching, ModelConfig } from '../../config';
import { readControls } from './read-controls';
import { readStates } from './read-states';
import type { DirectStrategy, OldestStrategy, SequenceConfig } from './sequence-config';
import type { ModelTensors, SequenceReading } from './sequence-reading';

const DEFAULT_IDLE_US = 1_000_000;
const MAX_DELAY_US = 10_000_000;
const MAX_IDLE_US = 86_400e6;
const MAX_CANDIDATES = 65_536;

/**
 * Reads `sequence_batching` and checks it against the model.
 *
 * @param maxBatchSize most rows in a batch; 1 when requests cannot be stacked
 * @param stacks dimension 0 of every tensor is the batch
 * @returns null when the configuration has none
 * Errors: MODEL_INVALID with every fault, each naming the field, its value and what it may be; UNSUPPORTED.
 */
export function readSequenceConfig(
  config: ModelConfig,
  tensors: ModelTensors,
  maxBatchSize: number,
  stacks: boolean,
): SequenceConfig | null {
  const stated = config.sequence_batching;
  if (stated === undefined) return null;
  if (stated.iterative_sequence === true)
    throw new EngineError(
      'UNSUPPORTED',
      'config.pbtxt: sequence_batching.iterative_sequence is not supported',
    );
  const faults: string[] = [];
  const reading: SequenceReading = {
    ...tensors,
    stacks,
    listedOutputs: new Set(config.output?.map(({ name = '' }) => name)),
    fault: (message) => faults.push(message),
  };
  const result: SequenceConfig = {
    strategy: readStrategy(stated, maxBatchSize, reading.fault),
    maxIdleUs: readIdle(stated, reading.fault),
    controls: readControls(stated, reading),
    states: readStates(stated, reading),
  };
  refuseSharedNames(result, config, reading.fault);
  if (faults.length > 0)
    throw new EngineError('MODEL_INVALID', `config.pbtxt: sequence_batching: ${faults.join('; ')}`);
  return result;
}

/** Names of inputs that the engine fills in: clients neither see nor send them. */
export function hiddenInputs({ controls, states }: SequenceConfig): ReadonlySet<string> {
  return new Set([...controls.map(({ name }) => name), ...states.map(({ inputName }) => inputName)]);
}

/** Names of outputs that stay in the engine. */
export function hiddenOutputs({ states }: SequenceConfig): ReadonlySet<string> {
  return new Set(states.filter(({ isVisible }) => !isVisible).map(({ outputName }) => outputName));
}

type Fault = SequenceReading['fault'];

function readIdle({ max_sequence_idle_microseconds: stated }: ConfigSequenceBatching, fault: Fault): number {
  if (stated === undefined || stated === 0) return DEFAULT_IDLE_US;
  return whole('max_sequence_idle_microseconds', stated, 1, MAX_IDLE_US, fault);
}

function readStrategy(
  stated: ConfigSequenceBatching,
  maxBatchSize: number,
  fault: Fault,
): DirectStrategy | OldestStrategy {
  if (stated.oldest !== undefined) return readOldest(stated.oldest, maxBatchSize, fault);
  const { max_queue_delay_microseconds: delay = 0, minimum_slot_utilization: share = 0 } =
    stated.direct ?? {};
  if (!(share >= 0 && share <= 1))
    fault(`direct.minimum_slot_utilization is ${share}; it must be from 0 to 1`);
  return {
    kind: 'direct',
    maxQueueDelayUs: whole('direct.max_queue_delay_microseconds', delay, 0, MAX_DELAY_US, fault),
    minimumSlotUtilization: share,
  };
}

function readOldest(
  stated: NonNullable<ConfigSequenceBatching['oldest']>,
  maxBatchSize: number,
  fault: Fault,
): OldestStrategy {
  const sizes = stated.preferred_batch_size ?? [];
  const wrong = sizes.find((size) => size < 1 || size > maxBatchSize);
  if (wrong !== undefined)
    fault(
      `oldest.preferred_batch_size contains ${wrong}; sizes must be from 1 to max_batch_size (${maxBatchSize})`,
    );
  if (sizes.length > 32)
    fault(`oldest.preferred_batch_size lists ${sizes.length} sizes; at most 32 are taken`);
  const candidates = stated.max_candidate_sequences ?? 0;
  const delay = stated.max_queue_delay_microseconds ?? 0;
  return {
    kind: 'oldest',
    maxQueueDelayUs: whole('oldest.max_queue_delay_microseconds', delay, 0, MAX_DELAY_US, fault),
    // Unset, as many as a batch can hold.
    maxCandidateSequences:
      candidates === 0
        ? maxBatchSize
        : whole('oldest.max_candidate_sequences', candidates, 1, MAX_CANDIDATES, fault),
    preferredBatchSizes: [...new Set(sizes)].sort((a, b) => a - b),
    preserveOrdering: stated.preserve_ordering ?? false,
  };
}

function whole(field: string, value: number, min: number, max: number, fault: Fault): number {
  if (!Number.isInteger(value) || value < min || value > max)
    fault(`${field} is ${value}; it must be a whole number from ${min} to ${max}`);
  return value;
}

/** A tensor has one role. */
function refuseSharedNames(read: SequenceConfig, config: ModelConfig, fault: Fault): void {
  const seen = new Set<string>(config.input?.map(({ name = '' }) => name));
  for (const name of [...read.controls.map((c) => c.name), ...read.states.map((s) => s.inputName)]) {
    if (seen.has(name)) fault(`input "${name}" is named twice, in input, control_input or state`);
    seen.add(name);
  }
  const outputs = read.states.map((state) => state.outputName);
  const twice = outputs.find((name, i) => outputs.indexOf(name) !== i);
  if (twice !== undefined) fault(`output "${twice}" is the output_name of two states`);
}
