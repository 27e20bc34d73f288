import type { NamedTensor } from '../tensor';
import { writeJsonData } from './json-data';
import { JsonText } from './json-text';

export interface InferRequestBody {
  readonly body: Uint8Array;
  /** Value for the header `Inference-Header-Content-Length`; null: all of the body is JSON. */
  readonly headerLength: number | null;
}

export interface InferRequestForm {
  /** Names of the outputs to ask for; empty: all. */
  readonly outputs: readonly string[];
  /** Tensors as bytes behind the JSON, in both directions; else as JSON. */
  readonly binary: boolean;
}

/**
 * The client's side: body of `POST /v2/models/{model}/infer`. Throws INVALID_ARGUMENT for a BYTES element that is to be JSON and
 * is not UTF-8.
 */
export function encodeInferRequest(
  inputs: readonly NamedTensor[],
  { outputs, binary }: InferRequestForm,
): InferRequestBody {
  const text = new JsonText(
    1024 + (binary ? 0 : inputs.reduce((sum, { data }) => sum + data.byteLength * 3, 0)),
  );
  text.raw(`{"parameters":{"binary_data_output":${binary}},"inputs":[`);
  inputs.forEach((tensor, i) => {
    if (i > 0) text.raw(',');
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
  });
  text.raw(']');
  if (outputs.length > 0) {
    text.raw(',"outputs":[');
    outputs.forEach((name, i) => {
      text.raw(i > 0 ? ',{"name":' : '{"name":');
      text.quoted(name);
      text.raw(`,"parameters":{"binary_data":${binary}}}`);
    });
    text.raw(']');
  }
  text.raw('}');
  const json = text.finish();
  if (!binary) return { body: json, headerLength: null };
  return { body: Buffer.concat([json, ...inputs.map(({ data }) => data)]), headerLength: json.byteLength };
}
