import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Datatype, datatypeSchema } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import { ELEMENT_BYTES, elementCount, encodeBytesElements, type NamedTensor } from '../tensor';
import { decodeInferRequest } from './decode-infer-request';
import { decodeInferResponse } from './decode-infer-response';
import { encodeInferRequest } from './encode-infer-request';
import { encodeInferResponse } from './encode-infer-response';

vi.setConfig({ testTimeout: 60_000 });

/** Any tensor; of floating point only whole numbers, since bit patterns of NaN do not survive as text. */
const tensors = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => tensorNamed(name))));

function tensorNamed(name: string): fc.Arbitrary<NamedTensor> {
  return fc
    .record({
      datatype: fc.constantFrom<Datatype>(...datatypeSchema.options),
      shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      seed: fc.infiniteStream(fc.nat(1)),
      words: fc.infiniteStream(fc.string({ unit: 'grapheme', maxLength: 6 })),
    })
    .map(({ datatype, shape, seed, words }) => {
      const count = elementCount(shape);
      const bytes = ELEMENT_BYTES[datatype];
      const take = <T>(stream: Iterable<T>): T[] => {
        const iterator = stream[Symbol.iterator]();
        return Array.from({ length: count }, () => iterator.next().value as T);
      };
      const data =
        bytes === null
          ? encodeBytesElements(take(words).map((word) => Buffer.from(word)))
          : Uint8Array.from(take(seed).flatMap((bit) => [bit, ...new Array<number>(bytes - 1).fill(0)]));
      return { name, datatype, shape, data };
    });
}

const plain = (list: readonly NamedTensor[]) =>
  list.map((tensor) => ({ ...tensor, data: Buffer.from(tensor.data) }));

describe("the client's side of infer", () => {
  test('a request is read by the server as it was meant, as bytes and as JSON', () => {
    fc.assert(
      fc.property(
        tensors,
        fc.boolean(),
        fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 2 }),
        (inputs, binary, outputs) => {
          const encoded = encodeInferRequest(inputs, { outputs, binary });
          const request = decodeInferRequest({ model: 'm', version: null, ...encoded });
          expect(plain(request.inputs)).toEqual(plain(inputs));
          expect(request.binaryByDefault).toBe(binary);
          expect(request.outputs?.map(({ name }) => name) ?? []).toEqual(outputs);
        },
      ),
    );
  });

  test('an answer is read by the client as the server meant it, as bytes and as JSON', () => {
    fc.assert(
      fc.property(tensors, fc.boolean(), (outputs, binary) => {
        const { headers, chunks } = encodeInferResponse(requestOf(binary), resultOf(outputs));
        const length = headers['Inference-Header-Content-Length'];
        const headerLength = length === undefined ? null : Number(length);
        const decoded = decodeInferResponse({ body: Buffer.concat(chunks), headerLength });
        expect({ ...decoded, outputs: plain(decoded.outputs) }).toEqual({
          model: 'm',
          version: '3',
          outputs: plain(outputs),
        });
      }),
    );
  });

  test('an answer may have NaN and infinities as bare words', () => {
    const json = '{"outputs":[{"name":"y","datatype":"FP64","shape":[3],"data":[NaN,Infinity,-Infinity]}]}';
    const { outputs } = decodeInferResponse({ body: Buffer.from(json), headerLength: null });
    expect([...new Float64Array(new Uint8Array(outputs[0]!.data).buffer)]).toEqual([
      NaN,
      Infinity,
      -Infinity,
    ]);
  });

  test.each([
    ['{}', null, /no "outputs"/],
    ['[]', null, /the answer to be an object/],
    [
      '{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]}',
      null,
      /shape \[2\] needs 2 elements/,
    ],
    [
      '{"outputs":[{"name":"y","datatype":"FP32","shape":[1e9],"parameters":{"binary_data_size":4}}]}',
      null,
      /bytes/,
    ],
    ['{}', 99, /Inference-Header-Content-Length is 99, but the answer has 2 bytes/],
    ['{}', Number.NaN, /Inference-Header-Content-Length is NaN/],
  ])('an answer that is malformed is refused: %s', (text, headerLength, message) => {
    expect(() => decodeInferResponse({ body: Buffer.from(text), headerLength })).toThrow(message);
  });
});

const requestOf = (binaryByDefault: boolean): InferenceRequest => ({
  model: 'm',
  version: null,
  id: 'an id',
  inputs: [],
  outputs: null,
  binaryByDefault,
  parameters: new Map(),
});

const resultOf = (outputs: readonly NamedTensor[]): InferenceResult => ({
  model: 'm',
  version: '3',
  outputs,
  spans: { queueUs: 0, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0, totalUs: 0 },
  batch: { id: 1, rows: 1, reason: 'full' },
});
