import { invalid } from '../base';
import type { NamedTensor } from '../tensor';
import { decodeInferRequest } from './decode-infer-request';
import { JsonScanner } from './json-scanner';

export interface InferResponseBody {
  readonly body: Uint8Array;
  /** Header `Inference-Header-Content-Length`; null: absent, the whole body is JSON. */
  readonly headerLength: number | null;
}

export interface DecodedInferResponse {
  readonly model: string;
  /** The version that ran; empty when the server does not say. */
  readonly version: string;
  readonly outputs: readonly NamedTensor[];
}

/**
 * The client's side: body of the answer to an infer request. The outputs of an answer have the form of a request's inputs, so
 * they are read as such, with the same checks. Throws INVALID_ARGUMENT when the answer is malformed.
 */
export function decodeInferResponse({ body, headerLength }: InferResponseBody): DecodedInferResponse {
  const length = headerLength ?? body.byteLength;
  if (!(length <= body.byteLength))
    throw invalid(
      `Inference-Header-Content-Length is ${length}, but the answer has ${body.byteLength} bytes`,
    );
  const json = body.subarray(0, length);
  const scanner = new JsonScanner(json);
  let model = '';
  let version = '';
  let outputs: Uint8Array | null = null;
  scanner.begin();
  scanner.readObject('the answer', (key) => {
    const start = scanner.offset;
    if (key === 'model_name') model = scanner.readString(key);
    else if (key === 'model_version') version = scanner.readString(key);
    else scanner.skipValue(true);
    if (key === 'outputs') outputs = json.subarray(start, scanner.offset);
  });
  scanner.finish();
  if (outputs === null) throw invalid('the answer has no "outputs"');
  const asRequest = Buffer.concat([Buffer.from('{"inputs":'), outputs, Buffer.from('}')]);
  const { inputs } = decodeInferRequest({
    model,
    version: null,
    body: Buffer.concat([asRequest, body.subarray(length)]),
    headerLength: asRequest.byteLength,
  });
  return { model, version, outputs: inputs };
}
