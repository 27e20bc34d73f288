import { invalid } from '../../base';
import type { Datatype } from '../../contract';
import type { InferenceRequest, ParameterValue } from '../../inference';
import type { SequenceControl } from './sequence-config';

/** A correlation id as clients give it: a number above 0 or a text that is not empty. The number 5 and the text "5" are two. */
export type SequenceId = bigint | string;

/** What a request says about its sequence. */
export interface SequenceFlags {
  readonly id: SequenceId;
  readonly start: boolean;
  readonly end: boolean;
}

/** Bytes of a text id: as Triton's limit, so that ids cost no memory to speak of. */
const MAX_ID_BYTES = 128;
const MAX_ID = 2n ** 64n - 1n;
const LIMITS: Readonly<Partial<Record<Datatype, bigint>>> = {
  INT64: 2n ** 63n - 1n,
  UINT32: 2n ** 32n - 1n,
  INT32: 2n ** 31n - 1n,
};

/**
 * Reads `sequence_id`, `sequence_start` and `sequence_end`.
 *
 * @param control the model's input for the id; undefined when it has none
 * Errors: INVALID_ARGUMENT for an id that is missing or that the model cannot take.
 */
export function readSequenceFlags(
  { model, parameters }: Pick<InferenceRequest, 'model' | 'parameters'>,
  control?: Pick<SequenceControl, 'name' | 'datatype'>,
): SequenceFlags {
  const id = idOf(parameters.get('sequence_id'));
  if (id === 0n || id === '')
    throw invalid(
      `inference request to model '${model}' must specify a non-zero or non-empty correlation ID (parameter "sequence_id")`,
    );
  if (typeof id === 'string') checkText(id, model, control);
  else checkNumber(id, model, control);
  return {
    id,
    start: parameters.get('sequence_start') === true,
    end: parameters.get('sequence_end') === true,
  };
}

function idOf(value: ParameterValue | undefined): SequenceId {
  if (typeof value === 'number') return BigInt(value);
  return typeof value === 'bigint' || typeof value === 'string' ? value : 0n;
}

function checkNumber(id: bigint, model: string, control?: Pick<SequenceControl, 'datatype'>): void {
  const largest = (control && LIMITS[control.datatype]) ?? MAX_ID;
  if (id < 0n || id > largest) throw invalid(`sequence_id is ${id}; model '${model}' takes 1 to ${largest}`);
}

function checkText(id: string, model: string, control?: Pick<SequenceControl, 'name' | 'datatype'>): void {
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES)
    throw invalid(
      `sequence_id ${JSON.stringify(id.slice(0, 40))} has ${bytes} bytes; at most ${MAX_ID_BYTES} are taken`,
    );
  if (id.includes('\0')) throw invalid('sequence_id contains a zero byte');
  if (control !== undefined && control.datatype !== 'BYTES')
    throw invalid(
      `sequence_id ${JSON.stringify(id.slice(0, 40))} is a text; model '${model}' takes it as ${control.datatype} in "${control.name}"`,
    );
}

/** For messages. */
export function shownId(id: SequenceId): string {
  return typeof id === 'bigint' ? String(id) : JSON.stringify(id.slice(0, 40));
}
