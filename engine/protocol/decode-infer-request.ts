import { EngineError, invalid } from '../base';
import { type Datatype, datatypeSchema, type TensorSpec } from '../contract';
import type { CancelSignal, InferenceRequest, ParameterValue, RequestedOutput } from '../inference';
import { elementCount, formatShape, type NamedTensor } from '../tensor';
import { BinaryTail, checkByteLength, rawInput } from './binary-tensors';
import { readInputParameters, readOutputParameters, readRequestParameters } from './infer-parameters';
import { JsonScanner } from './json-scanner';
import { readJsonTensor, type TensorHead } from './json-tensors';

/** Longest JSON part of a request. Larger tensors belong behind it, as bytes. */
export const JSON_LIMIT_BYTES = 64 * 1024 * 1024;
export const RANK_LIMIT = 64;
/** Inputs, and outputs asked for, of one request: beyond any model, and few enough to be looked at one by one. */
export const TENSOR_LIMIT = 1024;
export const NAME_CHARACTERS = 1024;
export const ID_CHARACTERS = 1024;
const DATATYPES: ReadonlySet<string> = new Set(datatypeSchema.options);

export interface EncodedInferRequest {
  readonly model: string;
  /** Null: none was named. */
  readonly version: string | null;
  readonly body: Uint8Array;
  /** Header `Inference-Header-Content-Length`: bytes of JSON before the binary tensors. Null: absent, the whole body is JSON. */
  readonly headerLength: number | null;
  /** The model's inputs; needed when `headerLength` is 0 (the body is then the bare data of the one input). */
  readonly specs?: readonly TensorSpec[];
  /** Carried over to the request. */
  readonly signal?: CancelSignal;
}

/**
 * Body of `POST /v2/models/{model}/infer` to request. Tensors of the binary part are views on `body`, which must not be written
 * again. All that can be checked without the model is checked here; names, datatypes and dimensions against the model are not.
 *
 * Throws INVALID_ARGUMENT naming the field, the value and the limit; PAYLOAD_TOO_LARGE for JSON beyond 64 MiB; UNSUPPORTED for
 * shared memory.
 */
export function decodeInferRequest(encoded: EncodedInferRequest): InferenceRequest {
  const { model, version, body, headerLength, signal } = encoded;
  if (headerLength === 0) {
    const inputs = [rawInput(body, encoded.specs ?? [])];
    return {
      model,
      version,
      id: '',
      inputs,
      outputs: null,
      binaryByDefault: true,
      parameters: new Map(),
      signal,
    };
  }
  const jsonLength = headerLength ?? body.byteLength;
  if (jsonLength > body.byteLength) {
    throw invalid(
      `Inference-Header-Content-Length is ${jsonLength}, but the body has ${body.byteLength} bytes`,
    );
  }
  if (jsonLength > JSON_LIMIT_BYTES) {
    throw new EngineError(
      'PAYLOAD_TOO_LARGE',
      `the JSON part has ${jsonLength} bytes, the limit is ${JSON_LIMIT_BYTES}: send tensors as binary data`,
    );
  }
  const json = jsonLength === body.byteLength ? body : body.subarray(0, jsonLength);
  const decoder = new RequestDecoder(new JsonScanner(json), new BinaryTail(body, jsonLength));
  const { id, inputs, outputs, parameters } = decoder.read();
  const binaryByDefault = parameters.get('binary_data_output') === true;
  // Written out: an object made by spreading costs more than the rest of a binary request's decoding.
  return { model, version, id, inputs, outputs, binaryByDefault, parameters, signal };
}

/** What is read of one element of `inputs`, in whatever order its keys come. */
interface InputFields {
  name: string | null;
  datatype: Datatype | null;
  shape: number[] | null;
  data: Uint8Array | null;
  /** Where `data` begins when it came before the shape or the datatype. */
  dataOffset: number | null;
  binaryDataSize: number | null;
}

class RequestDecoder {
  readonly #scanner: JsonScanner;
  readonly #tail: BinaryTail;
  #id = '';
  #parameters: Map<string, ParameterValue> = new Map();
  #inputs: NamedTensor[] | null = null;
  #outputs: RequestedOutput[] | null = null;

  constructor(scanner: JsonScanner, tail: BinaryTail) {
    this.#scanner = scanner;
    this.#tail = tail;
  }

  read() {
    const scanner = this.#scanner;
    scanner.begin();
    scanner.readObject('the request', (key) => this.#readMember(key));
    scanner.finish();
    this.#tail.mustBeEmpty();
    if (!this.#inputs) throw invalid('the request has no "inputs"');
    return { id: this.#id, inputs: this.#inputs, outputs: this.#outputs, parameters: this.#parameters };
  }

  #readMember(key: string): void {
    const scanner = this.#scanner;
    if (key === 'inputs') {
      const inputs: NamedTensor[] = [];
      scanner.readArray('inputs', (index) => {
        checkTensorCount('inputs', index);
        inputs.push(this.#readInput(index));
      });
      this.#inputs = inputs;
    } else if (key === 'outputs') {
      const outputs: RequestedOutput[] = [];
      scanner.readArray('outputs', (index) => {
        checkTensorCount('outputs', index);
        const output = this.#readOutput(index);
        // An answer would hold it as often: a small request could ask for more than there is memory.
        if (outputs.some(({ name }) => name === output.name))
          throw invalid(`outputs[${index}]: output "${output.name}" is asked for twice`);
        outputs.push(output);
      });
      // An empty list means what an absent one means: all outputs.
      this.#outputs = outputs.length > 0 ? outputs : null;
    } else if (key === 'parameters') this.#parameters = readRequestParameters(scanner);
    else if (key === 'id') this.#id = readText(scanner, 'id', ID_CHARACTERS);
    else scanner.skipValue();
  }

  #readInput(index: number): NamedTensor {
    const scanner = this.#scanner;
    const fields: InputFields = {
      name: null,
      datatype: null,
      shape: null,
      data: null,
      dataOffset: null,
      binaryDataSize: null,
    };
    scanner.readObject(`inputs[${index}]`, (key) => this.#readInputMember(fields, key, index));
    const { name } = fields;
    if (name === null) throw invalid(`inputs[${index}]: "name" is missing`);
    const head = headOf(fields, index);
    return { name, datatype: head.datatype, shape: head.shape, data: this.#dataOf(fields, head, name) };
  }

  #readInputMember(fields: InputFields, key: string, index: number): void {
    const scanner = this.#scanner;
    if (key === 'name') fields.name = readName(scanner, `inputs[${index}].name`);
    else if (key === 'datatype') fields.datatype = readDatatype(scanner, labelOf(fields, index));
    else if (key === 'shape') fields.shape = readShape(scanner, labelOf(fields, index));
    else if (key === 'parameters')
      fields.binaryDataSize = readInputParameters(scanner, labelOf(fields, index)).binaryDataSize;
    else if (key !== 'data') scanner.skipValue();
    else if (fields.datatype !== null && fields.shape !== null)
      fields.data = readJsonTensor(scanner, headOf(fields, index));
    else {
      fields.dataOffset = scanner.offset;
      scanner.skipValue(true);
    }
  }

  #dataOf(fields: InputFields, head: TensorHead, name: string): Uint8Array {
    const { data, dataOffset, binaryDataSize } = fields;
    const hasJson = data !== null || dataOffset !== null;
    if (hasJson && binaryDataSize !== null) {
      throw invalid(
        `${head.label}: both "data" and parameters.binary_data_size are given, one of them is needed`,
      );
    }
    if (data) return data;
    if (dataOffset !== null) return this.#readDataAgain(dataOffset, head);
    if (binaryDataSize === null)
      throw invalid(
        `${head.label}: neither "data" nor parameters.binary_data_size is given, one of them is needed`,
      );
    const bytes = this.#tail.take(head.label, binaryDataSize);
    checkByteLength(head, name, bytes);
    return bytes;
  }

  /** For `data` that stands before the shape or the datatype: it was read over, and is read now that both are known. */
  #readDataAgain(offset: number, head: TensorHead): Uint8Array {
    const scanner = this.#scanner;
    const end = scanner.offset;
    scanner.returnTo(offset);
    const data = readJsonTensor(scanner, head);
    scanner.returnTo(end);
    return data;
  }

  #readOutput(index: number): RequestedOutput {
    const scanner = this.#scanner;
    let name: string | null = null;
    let wanted: Omit<RequestedOutput, 'name'> = { binary: false, classificationCount: 0 };
    scanner.readObject(`outputs[${index}]`, (key) => {
      if (key === 'name') name = readName(scanner, `outputs[${index}].name`);
      else if (key === 'parameters')
        wanted = readOutputParameters(scanner, name === null ? `outputs[${index}]` : `output "${name}"`);
      else scanner.skipValue();
    });
    if (name === null) throw invalid(`outputs[${index}]: "name" is missing`);
    return { name, binary: wanted.binary, classificationCount: wanted.classificationCount };
  }
}

function readName(scanner: JsonScanner, what: string): string {
  const name = readText(scanner, what, NAME_CHARACTERS);
  if (name === '') throw invalid(`${what}: is empty`);
  return name;
}

function readText(scanner: JsonScanner, what: string, limit: number): string {
  const text = scanner.readString(what);
  if (text.length > limit)
    throw invalid(
      `${what}: has ${text.length} characters, the limit is ${limit}: ${JSON.stringify(text.slice(0, 40))}…`,
    );
  return text;
}

function checkTensorCount(what: string, index: number): void {
  if (index === TENSOR_LIMIT)
    throw invalid(`"${what}" has more than ${TENSOR_LIMIT} entries, which is the limit`);
}

function labelOf(fields: InputFields, index: number): string {
  return fields.name === null ? `inputs[${index}]` : `input "${fields.name}"`;
}

function headOf(fields: InputFields, index: number): TensorHead {
  const label = labelOf(fields, index);
  if (fields.datatype === null) throw invalid(`${label}: "datatype" is missing`);
  if (fields.shape === null) throw invalid(`${label}: "shape" is missing`);
  return { label, datatype: fields.datatype, shape: fields.shape };
}

function readDatatype(scanner: JsonScanner, label: string): Datatype {
  const text = scanner.readString(`${label}: datatype`);
  if (isDatatype(text)) return text;
  throw invalid(
    `${label}: datatype ${JSON.stringify(text.slice(0, 40))} is not one of ${datatypeSchema.options.join(', ')}`,
  );
}

function isDatatype(text: string): text is Datatype {
  return DATATYPES.has(text);
}

function readShape(scanner: JsonScanner, label: string): number[] {
  const shape: number[] = [];
  scanner.readArray(`${label}: shape`, () => {
    const offset = scanner.offset;
    const dim = scanner.readNumber(`${label}: a dimension`);
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw invalid(
        `${label}: shape has the dimension ${scanner.textSince(offset)}, a dimension is a whole number of at least 0`,
      );
    }
    if (shape.length === RANK_LIMIT) throw invalid(`${label}: shape has more than ${RANK_LIMIT} dimensions`);
    shape.push(dim);
  });
  if (!Number.isSafeInteger(elementCount(shape)))
    throw invalid(`${label}: shape ${formatShape(shape)} has more elements than can be counted`);
  return shape;
}
