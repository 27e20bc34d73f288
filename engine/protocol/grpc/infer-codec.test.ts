import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EngineError } from '../../base';
import { decodeModelInferRequest } from './decode-infer';
import { encodeModelInferResponse, encodeStreamAnswer } from './encode-infer';
import { decodeMessage, encodeMessage, messageType } from './schema';

const Request = messageType('inference.ModelInferRequest');
const Response = messageType('inference.ModelInferResponse');
const StreamResponse = messageType('inference.ModelStreamInferResponse');

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const tensor = fc.record({
  name,
  datatype: fc.constant('UINT8' as const),
  data: fc.uint8Array({ maxLength: 5000 }),
});
const parameter = fc.oneof(
  fc.boolean().map((value) => [value, { bool_param: value }] as const),
  fc.string().map((value) => [value, { string_param: value }] as const),
  fc.double({ noNaN: true }).map((value) => [value, { double_param: value }] as const),
  fc
    .bigInt(-(2n ** 63n), 2n ** 63n - 1n)
    .map((value) => [exact(value), { int64_param: String(value) }] as const),
  fc.bigInt(0n, 2n ** 64n - 1n).map((value) => [exact(value), { uint64_param: String(value) }] as const),
);

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

test('a request that protobufjs wrote is read field by field', () => {
  fc.assert(
    fc.property(
      name,
      fc.string(),
      fc.array(tensor, { maxLength: 5 }),
      fc.dictionary(
        fc.string().map((key) => `p_${key}`),
        parameter,
        { maxKeys: 5 },
      ),
      fc.uniqueArray(name, { maxLength: 4 }),
      (model, id, tensors, parameters, outputs) => {
        const message = encodeMessage(Request, {
          model_name: model,
          id,
          model_version: '3',
          parameters: Object.fromEntries(Object.entries(parameters).map(([key, [, value]]) => [key, value])),
          inputs: tensors.map(({ data, ...rest }) => ({ ...rest, shape: [data.length] })),
          outputs: outputs.map((output) => ({
            name: output,
            parameters: { classification: { int64_param: 2 } },
          })),
          raw_input_contents: tensors.map(({ data }) => data),
        });
        const read = decodeModelInferRequest(message);
        expect([read.model, read.id, read.version]).toEqual([model, id, '3']);
        expect(read.inputs.map(({ shape, data, ...rest }) => ({ ...rest, shape, data: [...data] }))).toEqual(
          tensors.map(({ data, ...rest }) => ({ ...rest, shape: [data.length], data: [...data] })),
        );
        expect([...read.parameters]).toEqual(
          Object.entries(parameters).map(([key, [value]]) => [key, value]),
        );
        expect(read.outputs?.map((output) => [output.name, output.classificationCount]) ?? []).toEqual(
          outputs.map((output) => [output, 2]),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('an answer is read by protobufjs as it was meant, alone and on a stream', () => {
  fc.assert(
    fc.property(name, fc.string(), fc.array(tensor, { maxLength: 5 }), (model, id, tensors) => {
      const request = {
        model,
        version: null,
        id,
        inputs: [],
        outputs: null,
        binaryByDefault: true,
        parameters: new Map(),
      };
      const outputs = tensors.map((output) => ({ ...output, shape: [output.data.length, 1] }));
      const spans = { queueUs: 0, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0, totalUs: 0 };
      const result = {
        model,
        version: '1',
        outputs,
        spans,
        batch: { id: 1, rows: 1, reason: 'full' as const },
      };
      const encoded = encodeModelInferResponse(request, result);
      const bytes = Buffer.concat(encoded.pieces);
      expect(bytes.byteLength).toBe(encoded.byteLength);
      const read = decodeMessage(Response, bytes);
      expect(read).toMatchObject({ model_name: model, model_version: '1', id });
      expect(read.outputs).toMatchObject(outputs.map((o) => ({ name: o.name, shape: o.shape.map(String) })));
      expect((read.raw_output_contents as Buffer[]).map((raw) => [...raw])).toEqual(
        tensors.map(({ data }) => [...data]),
      );
      const streamed = encodeStreamAnswer(encodeModelInferResponse(request, result, true));
      expect(decodeMessage(StreamResponse, Buffer.concat(streamed.pieces))).toMatchObject({
        error_message: '',
        infer_response: { id, parameters: { triton_final_response: { bool_param: true } } },
      });
    }),
    { numRuns: 200 },
  );
});

test('whatever bytes come, they are a request or are refused with a reason', () => {
  const good = encodeMessage(Request, {
    model_name: 'm',
    id: 'i',
    parameters: { timeout: { int64_param: 5 } },
    inputs: [{ name: 'x', datatype: 'INT64', shape: [2], contents: { int64_contents: [-1, 2] } }],
    outputs: [{ name: 'y' }],
  });
  const damaged = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(good);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const cut = fc.nat(good.length).map((length) => Buffer.from(good.subarray(0, length)));
  fc.assert(
    fc.property(fc.oneof(damaged, cut, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      try {
        decodeModelInferRequest(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
        expect(['INVALID_ARGUMENT', 'UNSUPPORTED']).toContain((error as EngineError).code);
      }
    }),
    { numRuns: 5000 },
  );
});
