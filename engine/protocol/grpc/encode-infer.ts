import { invalid } from '../../base';
import type { InferenceRequest, InferenceResult } from '../../inference';
import type { NamedTensor } from '../../tensor';
import { ProtoWriter, varintBytes } from './proto-writer';

/** One encoded message, in pieces that follow each other; large tensors are views on the result. */
export interface EncodedMessage {
  readonly pieces: readonly Uint8Array[];
  readonly byteLength: number;
}

/** Tensors up to this size are copied behind what is before them: cheaper than a piece of their own. */
const COPY_BYTES = 2048;
const RAW_OUTPUT_FIELD = 6;
const FINAL_RESPONSE = 'triton_final_response';

/**
 * Result to ModelInferResponse. Tensors always travel in `raw_output_contents`, one entry for each output in the outputs' order:
 * clients index it without looking. Throws INVALID_ARGUMENT for a requested output that the model does not have.
 *
 * @param isFinal what the answer says of itself on a stream; null for nothing (not a stream)
 */
export function encodeModelInferResponse(
  request: InferenceRequest,
  result: InferenceResult,
  isFinal: boolean | null = null,
): EncodedMessage {
  const outputs = request.outputs?.map(({ name }) => outputNamed(result, name)) ?? result.outputs;
  let writer = new ProtoWriter();
  writer.string(1, result.model);
  writer.string(2, result.version);
  if (request.id !== '') writer.string(3, request.id);
  if (isFinal !== null) writeFinal(writer, isFinal);
  for (const output of outputs) writeOutput(writer, output);
  const pieces: Uint8Array[] = [];
  let byteLength = 0;
  for (const { data } of outputs) {
    if (data.byteLength <= COPY_BYTES) {
      writer.bytes(RAW_OUTPUT_FIELD, data);
      continue;
    }
    writer.tag(RAW_OUTPUT_FIELD, 2);
    writer.varint(data.byteLength);
    pieces.push(writer.finish(), data);
    byteLength += writer.length + data.byteLength;
    writer = new ProtoWriter();
  }
  if (writer.length > 0) pieces.push(writer.finish());
  return { pieces, byteLength: byteLength + writer.length };
}

/** ModelStreamInferResponse with an answer. */
export function encodeStreamAnswer(answer: EncodedMessage): EncodedMessage {
  const head = new ProtoWriter(1 + varintBytes(answer.byteLength));
  head.tag(2, 2);
  head.varint(answer.byteLength);
  return { pieces: [head.finish(), ...answer.pieces], byteLength: head.length + answer.byteLength };
}

/** ModelStreamInferResponse that says why one request of the stream failed. */
export function encodeStreamError(message: string, requestId: string): EncodedMessage {
  const writer = new ProtoWriter();
  writer.string(1, message);
  writer.message(2, () => {
    if (requestId !== '') writer.string(3, requestId);
    writeFinal(writer, true);
  });
  return { pieces: [writer.finish()], byteLength: writer.length };
}

function writeFinal(writer: ProtoWriter, isFinal: boolean): void {
  writer.message(4, () => {
    writer.string(1, FINAL_RESPONSE);
    writer.message(2, () => writer.bool(1, isFinal));
  });
}

function writeOutput(writer: ProtoWriter, { name, datatype, shape }: NamedTensor): void {
  writer.message(5, () => {
    writer.string(1, name);
    writer.string(2, datatype);
    if (shape.length > 0) writer.packed(3, shape);
  });
}

function outputNamed(result: InferenceResult, name: string): NamedTensor {
  const found = result.outputs.find((output) => output.name === name);
  if (found) return found;
  throw invalid(`requested output "${name}" does not exist in model "${result.model}"`);
}
