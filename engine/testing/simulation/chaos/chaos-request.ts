import type { ErrorCode } from '../../../contract';
import type { InferenceResult, ParameterValue } from '../../../inference';
import type { ServedModel } from '../../../models';
import type { NamedTensor } from '../../../tensor';
import type { Sent } from './ledger';
import type { ModelKind } from './model-kinds';

/** One request. Row r of it is `[id, seconds[r], 0, …]`. */
export interface Ask {
  readonly width: number;
  readonly seconds: readonly number[];
  /** What has to come back in their place, asked when it does; without a sequence, the second with the version's salt added. */
  readonly expected?: () => readonly number[];
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  /** The client leaves this long after it has sent it; 0: before it arrives. Null: never. */
  readonly cancelAfterUs: number | null;
  /** Further errors that it may end with. */
  readonly mayEndWith?: readonly ErrorCode[];
}

/** "plain/7#3" -> "7" */
export function versionOf(instance: string): string {
  return instance.slice(instance.indexOf('/') + 1, instance.indexOf('#'));
}

/** What a version adds to its answers, so that one of another version is seen. */
export function saltOf(version: string): number {
  return (Number(version) * 7_919) % 1_000_003;
}

/** The request's one input. */
export function inputOf(ask: Ask, id: number, stacks: boolean): NamedTensor {
  const shape = stacks ? [ask.seconds.length, ask.width] : [ask.width];
  return { name: 'x', datatype: 'INT32', shape, data: bytesOf(rowsOf(ask, id)) };
}

function rowsOf({ width, seconds }: Ask, id: number): Int32Array {
  const rows = new Int32Array(seconds.length * width);
  seconds.forEach((second, row) => {
    rows[row * width] = id;
    rows[row * width + 1] = second;
  });
  return rows;
}

/** What is not right in an answer; null when all is. */
export function wrongIn(
  { outputs, version }: InferenceResult,
  ask: Ask,
  { id, version: asked }: Sent,
): string | null {
  const salt = saltOf(asked);
  const { expected = () => ask.seconds.map((second) => second + salt) } = ask;
  const [y, ...others] = outputs;
  if (version !== asked) return `it is version ${version}'s`;
  if (y?.name !== 'y' || others.length > 0)
    return `its outputs are ${outputs.map(({ name }) => name).join()}`;
  const values = new Int32Array(new Uint8Array(y.data).buffer);
  const right = rowsOf({ ...ask, seconds: expected() }, id ^ salt);
  const isRight = values.length === right.length && values.every((value, i) => value === right[i]);
  return isRight ? null : `[${values.join()}] instead of [${right.join()}]`;
}

function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}

/** Triton's rule: the level's policy, and the client's own timeout where that is allowed and shorter. */
export function timeoutUsOf({ scheduling, sequence }: ModelKind, { parameters }: Ask): number {
  if (sequence) return Number.POSITIVE_INFINITY;
  const { priorityLevels, defaultPriorityLevel, queuePolicyOf } = scheduling;
  const asked = Number(parameters.get('priority') ?? 0);
  const level = asked >= 1 && asked <= priorityLevels ? asked : defaultPriorityLevel;
  const { timeoutAction, defaultTimeoutUs, allowTimeoutOverride } = queuePolicyOf(level);
  if (timeoutAction === 'DELAY' || defaultTimeoutUs === 0) return Number.POSITIVE_INFINITY;
  const own = Number(parameters.get('timeout') ?? 0);
  return allowTimeoutOverride && own > 0 ? Math.min(own, defaultTimeoutUs) : defaultTimeoutUs;
}

/** What waits for a model that is loaded on demand may end with, beyond what the model itself may say. */
export const ON_CALL_ENDS: readonly ErrorCode[] = ['QUEUE_FULL', 'MEMORY_EXCEEDED', 'MODEL_NOT_READY'];

/** What the version itself may refuse it with. */
export function refusalsOf(
  { settings: { batching, sloMs } }: ServedModel,
  tooLarge: boolean,
): readonly ErrorCode[] {
  if (tooLarge) return ['INVALID_ARGUMENT'];
  return batching === 'auto' && sloMs !== null ? ['QUEUE_FULL', 'OVERLOADED'] : ['QUEUE_FULL'];
}
