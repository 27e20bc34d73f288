import { EngineError, invalid } from '../../base';
import type { ParameterValue, RequestedOutput } from '../../inference';
import { checkRequestParameter, PARAMETER_LIMIT } from '../infer-parameters';
import { sharedMemoryUnsupported } from '../shared-memory';
import { ProtoReader, WIRE } from './proto-reader';

/** C++ clients put it into every request; it matters to models that answer more than once, which there are none of. */
const EMPTY_FINAL = 'triton_enable_empty_final_response';
const NO_CLASSES: Omit<RequestedOutput, 'name'> = { binary: true, classificationCount: 0 };

/** One entry of a `parameters` map, put into `into`. */
export function readParameter(entry: Buffer, into: Map<string, ParameterValue>, label: string): void {
  const reader = new ProtoReader(entry, `${label}: parameters`);
  let key = '';
  let value: ParameterValue | null = null;
  while (!reader.isDone) {
    const field = reader.tag();
    if (field === 1) {
      reader.expect(WIRE.bytes, 'a key');
      key = reader.string('a parameter name');
    } else if (field === 2) {
      reader.expect(WIRE.bytes, 'a value');
      value = readValue(reader.bytes(), `${label}: parameter ${JSON.stringify(key.slice(0, 60))}`);
    } else reader.skip();
  }
  if (value === null) throw invalid(`${label}: parameter ${JSON.stringify(key.slice(0, 60))} has no value`);
  if (into.size === PARAMETER_LIMIT && !into.has(key))
    throw invalid(`${label}: has more than ${PARAMETER_LIMIT} parameters, which is the limit`);
  into.set(key, value);
}

/** InferParameter: the last member of the oneof counts. */
function readValue(bytes: Buffer, label: string): ParameterValue | null {
  const reader = new ProtoReader(bytes, label);
  let value: ParameterValue | null = null;
  while (!reader.isDone) {
    const read = READ_VALUE[reader.tag()];
    if (read) value = read(reader);
    else reader.skip();
  }
  return value;
}

/** Members of InferParameter by their number. */
const READ_VALUE: readonly (((reader: ProtoReader) => ParameterValue) | null)[] = [
  null,
  (reader) => reader.expect(WIRE.varint, 'bool_param').uint64() !== 0,
  (reader) => reader.expect(WIRE.varint, 'int64_param').int64(),
  (reader) => reader.expect(WIRE.bytes, 'string_param').string('string_param'),
  (reader) => reader.expect(WIRE.fixed64, 'double_param').double(),
  (reader) => reader.expect(WIRE.varint, 'uint64_param').uint64(),
];

/** Parameters of the whole request, by the same rules as over HTTP. */
export function checkRequestParameters(parameters: Map<string, ParameterValue>): void {
  for (const [key, value] of parameters) {
    if (key !== EMPTY_FINAL) checkRequestParameter(key, value);
    else if (typeof value !== 'boolean') throw invalid(`parameter "${EMPTY_FINAL}": must be true or false`);
    else parameters.delete(key);
  }
}

export function refuseSharedMemory(parameters: ReadonlyMap<string, ParameterValue>, label: string): void {
  for (const key of parameters.keys()) {
    if (key.startsWith('shared_memory_'))
      throw new EngineError('UNSUPPORTED', `${label}: ${sharedMemoryUnsupported().message}`);
  }
}

/** What the parameters of a requested output ask for. */
export function outputWish(
  parameters: ReadonlyMap<string, ParameterValue> | null,
  label: string,
): Omit<RequestedOutput, 'name'> {
  if (!parameters) return NO_CLASSES;
  refuseSharedMemory(parameters, label);
  const count = parameters.get('classification');
  if (count === undefined) return NO_CLASSES;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0)
    return { binary: true, classificationCount: count };
  throw invalid(
    `${label}: classification must be a whole number of at least 0, ${String(count).slice(0, 40)} was given`,
  );
}
