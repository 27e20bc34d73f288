import { invalid } from '../base';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { NamedTensor } from '../tensor';
import { writeJsonData } from './json-data';
import { JsonText } from './json-text';

export interface EncodedInferResponse {
  /** All but Content-Length. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON part, then the bytes of each binary output: views on the result. */
  readonly chunks: readonly Uint8Array[];
}

const HEAD_BYTES = 256;
const OUTPUT_HEAD_BYTES = 128;

/**
 * Result to body of the answer. An output is binary when its entry in the request's `outputs` says so, or the request lists none
 * and asks for binary by default. Throws INVALID_ARGUMENT when a BYTES output that is to be JSON is not UTF-8.
 */
export function encodeInferResponse(
  request: InferenceRequest,
  result: InferenceResult,
): EncodedInferResponse {
  const wanted =
    request.outputs?.map(({ name, binary }) => ({ tensor: outputNamed(result, name), binary })) ??
    result.outputs.map((tensor) => ({ tensor, binary: request.binaryByDefault }));
  const text = new JsonText(sizeGuess(wanted));
  text.raw('{');
  if (request.id !== '') {
    text.raw('"id":');
    text.quoted(request.id);
    text.raw(',');
  }
  text.raw('"model_name":');
  text.quoted(result.model);
  text.raw(',"model_version":');
  text.quoted(result.version);
  text.raw(',"outputs":[');
  const tail: Uint8Array[] = [];
  wanted.forEach(({ tensor, binary }, i) => {
    if (i > 0) text.raw(',');
    writeOutput(text, tensor, binary);
    if (binary && tensor.data.byteLength > 0) tail.push(tensor.data);
  });
  text.raw(']}');
  const json = text.finish();
  if (tail.length === 0) {
    return { headers: { 'Content-Type': 'application/json' }, chunks: [json] };
  }
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Inference-Header-Content-Length': String(json.byteLength),
  };
  return { headers, chunks: [json, ...tail] };
}

/** A JSON output gets no `parameters`: Triton's C++ client fails on one without `binary_data_size`. */
function writeOutput(text: JsonText, tensor: NamedTensor, binary: boolean): void {
  text.raw('{"name":');
  text.quoted(tensor.name);
  text.raw(`,"datatype":"${tensor.datatype}","shape":[${tensor.shape.join(',')}],`);
  if (binary) {
    text.raw(`"parameters":{"binary_data_size":${tensor.data.byteLength}}}`);
    return;
  }
  text.raw('"data":[');
  writeJsonData(text, tensor);
  text.raw(']}');
}

function outputNamed(result: InferenceResult, name: string): NamedTensor {
  const found = result.outputs.find((output) => output.name === name);
  if (found) return found;
  throw invalid(`requested output "${name}" does not exist in model "${result.model}"`);
}

function sizeGuess(outputs: readonly { readonly tensor: NamedTensor; readonly binary: boolean }[]): number {
  let bytes = HEAD_BYTES;
  for (const { tensor, binary } of outputs) {
    // Ten characters of text for four bytes of an FP32, comma included, are three times its bytes.
    bytes += OUTPUT_HEAD_BYTES + (binary ? 0 : tensor.data.byteLength * 3);
  }
  return bytes;
}
