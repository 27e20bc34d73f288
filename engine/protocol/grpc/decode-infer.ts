import { invalid } from '../../base';
import { type Datatype, datatypeSchema } from '../../contract';
import type { CancelSignal, InferenceRequest, ParameterValue, RequestedOutput } from '../../inference';
import { elementCount, formatShape, type NamedTensor } from '../../tensor';
import { checkByteLength } from '../binary-tensors';
import { ID_CHARACTERS, NAME_CHARACTERS, RANK_LIMIT, TENSOR_LIMIT } from '../decode-infer-request';
import { checkRequestParameters, outputWish, readParameter, refuseSharedMemory } from './infer-parameters';
import { ProtoReader, WIRE } from './proto-reader';
import { decodeContents } from './typed-contents';

const DATATYPES: ReadonlySet<string> = new Set(datatypeSchema.options);
const VERSION = /^(0|[1-9]\d{0,18})$/;

/** InferInputTensor, as far as it can be read without what comes after it. */
interface InputFields {
  label: string;
  name: string;
  datatype: string;
  readonly shape: number[];
  readonly contents: Buffer[];
}

/**
 * ModelInferRequest to request, read by hand: it is what every call goes through, and tensors must not be copied. Raw tensors are
 * views on `message`, which must not be written again. Checks what `decodeInferRequest` checks, with the same limits and words.
 *
 * Throws INVALID_ARGUMENT naming the field, the value and the limit; UNSUPPORTED for shared memory.
 */
export function decodeModelInferRequest(message: Uint8Array, signal?: CancelSignal): InferenceRequest {
  const reader = new ProtoReader(message, 'ModelInferRequest');
  const parts: RequestParts = {
    model: '',
    version: '',
    id: '',
    parameters: new Map(),
    inputs: [],
    outputs: [],
    raw: [],
  };
  while (!reader.isDone) {
    const read = READ_PART[reader.tag()];
    if (read) read(reader, parts);
    else reader.skip();
  }
  const { model, version, id, parameters, inputs, outputs, raw } = parts;
  if (model === '') throw invalid('model_name: is empty');
  checkRequestParameters(parameters);
  return {
    model,
    version: versionOf(version),
    id,
    inputs: tensorsOf(inputs, raw),
    // An empty list means all outputs.
    outputs: outputs.length > 0 ? outputs : null,
    binaryByDefault: true,
    parameters,
    signal,
  };
}

/** What has been read of a request. */
interface RequestParts {
  model: string;
  version: string;
  id: string;
  readonly parameters: Map<string, ParameterValue>;
  readonly inputs: InputFields[];
  readonly outputs: RequestedOutput[];
  readonly raw: Buffer[];
}

/** Fields of ModelInferRequest by their number. */
const READ_PART: readonly (((reader: ProtoReader, parts: RequestParts) => void) | null)[] = [
  null,
  (reader, parts) => {
    parts.model = limited(textOf(reader, 'model_name'), 'model_name', NAME_CHARACTERS);
  },
  (reader, parts) => {
    parts.version = textOf(reader, 'model_version');
  },
  (reader, parts) => {
    parts.id = limited(textOf(reader, 'id'), 'id', ID_CHARACTERS);
  },
  (reader, { parameters }) =>
    readParameter(reader.expect(WIRE.bytes, 'parameters').bytes(), parameters, 'the request'),
  (reader, { inputs }) => {
    checkCount('inputs', inputs.length);
    inputs.push(readInput(reader.expect(WIRE.bytes, 'inputs').bytes(), inputs.length));
  },
  (reader, { outputs }) => readOutput(reader.expect(WIRE.bytes, 'outputs').bytes(), outputs),
  (reader, { raw }) => {
    checkCount('raw_input_contents', raw.length);
    raw.push(reader.expect(WIRE.bytes, 'raw_input_contents').bytes());
  },
];

function textOf(reader: ProtoReader, field: string): string {
  return reader.expect(WIRE.bytes, field).string(field);
}

/** Null: none was named. Throws INVALID_ARGUMENT for what is not the number of a version. */
export function versionOf(text: string): string | null {
  if (text === '') return null;
  if (VERSION.test(text)) return text;
  throw invalid(
    `model_version: must be a whole number of at least 0, ${JSON.stringify(text.slice(0, 40))} was given`,
  );
}

function readInput(bytes: Buffer, index: number): InputFields {
  const reader = new ProtoReader(bytes, `inputs[${index}]`);
  const input: InputFields = { label: `inputs[${index}]`, name: '', datatype: '', shape: [], contents: [] };
  let parameters: Map<string, ParameterValue> | null = null;
  while (!reader.isDone) {
    const field = reader.tag();
    if (field === 3) {
      readDims(reader, input);
      continue;
    }
    if (field > 5) {
      reader.skip();
      continue;
    }
    reader.expect(WIRE.bytes, `field ${field}`);
    if (field === 1) {
      input.name = limited(reader.string('name'), `inputs[${index}].name`, NAME_CHARACTERS);
      input.label = `input "${input.name}"`;
    } else if (field === 2) input.datatype = reader.string('datatype');
    else if (field === 5) input.contents.push(reader.bytes());
    else {
      parameters ??= new Map();
      readParameter(reader.bytes(), parameters, input.label);
    }
  }
  if (input.name === '') throw invalid(`inputs[${index}]: "name" is missing`);
  if (parameters) refuseSharedMemory(parameters, input.label);
  return input;
}

/** Dimensions, packed or one by one. */
function readDims(reader: ProtoReader, { shape, label }: InputFields): void {
  if (reader.wireType === WIRE.varint) {
    addDim(shape, reader.int64(), label);
    return;
  }
  reader.expect(WIRE.bytes, 'shape');
  const packed = new ProtoReader(reader.bytes(), `${label}: shape`);
  while (!packed.isDone) addDim(shape, packed.int64(), label);
}

function addDim(shape: number[], dim: number | bigint, label: string): void {
  if (typeof dim === 'bigint' || dim < 0) {
    throw invalid(
      `${label}: shape has the dimension ${dim}, a dimension is a whole number of at least 0 and at most 2^53 - 1`,
    );
  }
  if (shape.length === RANK_LIMIT) throw invalid(`${label}: shape has more than ${RANK_LIMIT} dimensions`);
  shape.push(dim);
}

function readOutput(bytes: Buffer, outputs: RequestedOutput[]): void {
  const index = outputs.length;
  checkCount('outputs', index);
  const reader = new ProtoReader(bytes, `outputs[${index}]`);
  let name = '';
  let parameters: Map<string, ParameterValue> | null = null;
  while (!reader.isDone) {
    const field = reader.tag();
    if (field === 1) {
      reader.expect(WIRE.bytes, 'name');
      name = limited(reader.string('name'), `outputs[${index}].name`, NAME_CHARACTERS);
    } else if (field === 2) {
      reader.expect(WIRE.bytes, 'parameters');
      parameters ??= new Map();
      readParameter(reader.bytes(), parameters, `outputs[${index}]`);
    } else reader.skip();
  }
  if (name === '') throw invalid(`outputs[${index}]: "name" is missing`);
  // An answer would hold it as often: a small request could ask for more than there is memory.
  if (outputs.some((output) => output.name === name))
    throw invalid(`outputs[${index}]: output "${name}" is asked for twice`);
  const { binary, classificationCount } = outputWish(parameters, `output "${name}"`);
  outputs.push({ name, binary, classificationCount });
}

function tensorsOf(inputs: readonly InputFields[], raw: readonly Buffer[]): NamedTensor[] {
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw invalid(
      `raw_input_contents has ${raw.length} entries, there must be one for each of the ${inputs.length} inputs`,
    );
  }
  return inputs.map(({ label, name, datatype, shape, contents }, index) => {
    if (!isDatatype(datatype)) {
      throw invalid(
        `${label}: datatype ${JSON.stringify(datatype.slice(0, 40))} is not one of ${datatypeSchema.options.join(', ')}`,
      );
    }
    if (!Number.isSafeInteger(elementCount(shape)))
      throw invalid(`${label}: shape ${formatShape(shape)} has more elements than can be counted`);
    const head = { label, datatype, shape };
    const bytes = raw[index];
    if (!bytes) return { name, datatype, shape, data: decodeContents(contents, head) };
    if (contents.length > 0)
      throw invalid(`${label}: contents is given beside raw_input_contents, one of them is needed`);
    checkByteLength(head, name, bytes);
    return { name, datatype, shape, data: bytes };
  });
}

function isDatatype(text: string): text is Datatype {
  return DATATYPES.has(text);
}

function checkCount(what: string, index: number): void {
  if (index === TENSOR_LIMIT)
    throw invalid(`"${what}" has more than ${TENSOR_LIMIT} entries, which is the limit`);
}

function limited(text: string, what: string, limit: number): string {
  if (text.length <= limit) return text;
  throw invalid(
    `${what}: has ${text.length} characters, the limit is ${limit}: ${JSON.stringify(text.slice(0, 40))}…`,
  );
}
