import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EngineError } from '../base';
import { type Datatype, datatypeSchema, type TensorSpec } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import { ELEMENT_BYTES, encodeBytesElements, type NamedTensor } from '../tensor';
import { decodeInferRequest } from './decode-infer-request';
import { encodeInferResponse } from './encode-infer-response';

vi.setConfig({ testTimeout: 60_000 });

interface EncodedBody {
  readonly body: Uint8Array;
  readonly headerLength: number | null;
}

function binaryBody(tensors: readonly NamedTensor[], more: object = {}): EncodedBody {
  const inputs = tensors.map(({ name, datatype, shape, data }) => ({
    name,
    datatype,
    shape,
    parameters: { binary_data_size: data.byteLength },
  }));
  const json = Buffer.from(JSON.stringify({ ...more, inputs }));
  return {
    body: Buffer.concat([json, ...tensors.map((tensor) => tensor.data)]),
    headerLength: json.byteLength,
  };
}

const decode = (encoded: EncodedBody, specs?: readonly TensorSpec[]) =>
  decodeInferRequest({ model: 'm', version: null, ...encoded, ...(specs ? { specs } : {}) });
const decodeJson = (json: unknown) =>
  decode({ body: Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)), headerLength: null });

function errorOf(call: () => unknown): EngineError {
  try {
    call();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function resultOf(outputs: readonly NamedTensor[]): InferenceResult {
  return {
    model: 'm',
    version: '3',
    outputs,
    spans: { queueUs: 0, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0, totalUs: 0 },
    batch: { id: 1, rows: 1, reason: 'full' },
  };
}

const anyRequest: InferenceRequest = {
  model: 'm',
  version: null,
  id: '',
  inputs: [],
  outputs: null,
  binaryByDefault: false,
  parameters: new Map(),
};

/** Turns an answer around: its outputs as the inputs of a request, the bytes as they are. */
function asRequestBody(request: InferenceRequest, result: InferenceResult): EncodedBody {
  const { headers, chunks } = encodeInferResponse(request, result);
  const length = headers['Inference-Header-Content-Length'];
  const json = Buffer.from(chunks[0] ?? []);
  const turned = Buffer.from(json.toString().replace('"outputs":', '"inputs":'));
  const body = Buffer.concat([turned, ...chunks.slice(1)]);
  expect(length).toBe(chunks.length > 1 ? String(json.byteLength) : undefined);
  return { body, headerLength: length === undefined ? null : turned.byteLength };
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** Bytes of any value that the datatype can have; NaNs in the one form that survives text. */
function tensors(datatype: Datatype): fc.Arbitrary<NamedTensor> {
  return shapes.chain((shape) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const size = ELEMENT_BYTES[datatype];
    if (size === null) {
      return fc
        .array(fc.string({ unit: 'binary', maxLength: 6 }), { minLength: count, maxLength: count })
        .map((texts) => ({
          name: 'x',
          datatype,
          shape,
          data: encodeBytesElements(texts.map((text) => Buffer.from(text))),
        }));
    }
    return fc
      .uint8Array({ minLength: count * size, maxLength: count * size })
      .map((data) => ({ name: 'x', datatype, shape, data: normal(datatype, Uint8Array.from(data)) }));
  });
}

/** Bits of the NaN that text is read back as. */
const NAN_BITS: Partial<Record<Datatype, bigint>> = {
  FP16: 0x7e00n,
  BF16: 0x7fc0n,
  FP32: 0x7fc0_0000n,
  FP64: 0x7ff8_0000_0000_0000n,
};
const INFINITY_BITS: Partial<Record<Datatype, bigint>> = {
  FP16: 0x7c00n,
  BF16: 0x7f80n,
  FP32: 0x7f80_0000n,
  FP64: 0x7ff0_0000_0000_0000n,
};

function normal(datatype: Datatype, data: Uint8Array): Uint8Array {
  if (datatype === 'BOOL') return data.map((byte) => byte & 1);
  const nan = NAN_BITS[datatype];
  const infinity = INFINITY_BITS[datatype];
  const size = ELEMENT_BYTES[datatype];
  if (nan === undefined || infinity === undefined || size === null) return data;
  const signBit = 1n << BigInt(size * 8 - 1);
  for (let at = 0; at < data.byteLength; at += size) {
    const element = data.subarray(at, at + size);
    const bits = element.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if ((bits & ~signBit) > infinity)
      element.set(element.map((_, i) => Number((nan >> BigInt(8 * i)) & 255n)));
  }
  return data;
}

describe('tensors survive the way out and back in', () => {
  it.each(datatypeSchema.options)('%s as JSON', (datatype) => {
    fc.assert(
      fc.property(tensors(datatype), (tensor) => {
        const [back] = decode(asRequestBody(anyRequest, resultOf([tensor]))).inputs;
        expect(back).toEqual({ ...tensor, data: back?.data });
        expect(Buffer.from(back?.data ?? [])).toEqual(Buffer.from(tensor.data));
      }),
    );
  });

  it.each(datatypeSchema.options)('%s as binary data', (datatype) => {
    fc.assert(
      fc.property(tensors(datatype), tensors('FP32'), (tensor, other) => {
        const outputs = [tensor, { ...other, name: 'z' }];
        const back = decode(
          asRequestBody({ ...anyRequest, binaryByDefault: true }, resultOf(outputs)),
        ).inputs;
        expect(back.map(({ name, shape }) => ({ name, shape }))).toEqual(
          outputs.map(({ name, shape }) => ({ name, shape })),
        );
        for (const [i, input] of back.entries()) {
          expect(Buffer.from(input.data)).toEqual(Buffer.from(outputs[i]?.data ?? []));
        }
      }),
    );
  });

  it('every FP16 and BF16 value through JSON', () => {
    for (const datatype of ['FP16', 'BF16'] as const) {
      const all = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);
      const tensor = { name: 'x', datatype, shape: [65_536], data: normal(datatype, all) };
      const [back] = decode(asRequestBody(anyRequest, resultOf([tensor]))).inputs;
      expect(Buffer.compare(back?.data ?? new Uint8Array(), tensor.data)).toBe(0);
    }
  });
});

const jsonOf = (outputs: readonly NamedTensor[], request = anyRequest) =>
  Buffer.concat(encodeInferResponse(request, resultOf(outputs)).chunks).toString();
const fp32 = (...values: number[]): NamedTensor => ({
  name: 'y',
  datatype: 'FP32',
  shape: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const int64 = (...values: bigint[]): NamedTensor => ({
  name: 'y',
  datatype: 'INT64',
  shape: [values.length],
  data: new Uint8Array(BigInt64Array.from(values).buffer),
});

describe('the answer', () => {
  it('writes FP32 with as few digits as tell it apart', () => {
    const json = jsonOf([
      fp32(0.1, 1 / 3, 1, -2.5, 1e-7, 3e20, 16_777_216, 0, -0, Number.NaN, Number.NEGATIVE_INFINITY),
    ]);
    expect(json).toContain('"data":[0.1,0.33333334,1.0,-2.5,1e-7,3e20,16777216.0,0.0,-0.0,NaN,-Infinity]');
  });

  it('writes FP32 of any size so that it reads back the same, with at most nine digits', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = /"data":\[([^\]]*)/.exec(jsonOf([fp32(value)]))?.[1] ?? '';
        expect(Math.fround(JSON.parse(text))).toBe(value);
        const digits = text
          .replace(/e.*/, '')
          .replace(/\.0$/, '')
          .replace(/[-.]/g, '')
          .replace(/^0+/, '')
          .replace(/0+$/, '');
        if (Math.abs(value) >= 2 ** -126) expect(digits.length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 3000 },
    );
  });

  it('writes 64-bit integers digit for digit', () => {
    expect(jsonOf([int64(9_007_199_254_740_993n, -(2n ** 63n))])).toContain(
      '"data":[9007199254740993,-9223372036854775808]',
    );
  });

  it('names model, version and the id when there is one, and gives JSON outputs no parameters', () => {
    expect(JSON.parse(jsonOf([fp32(1)], { ...anyRequest, id: 'ü"1' }))).toEqual({
      id: 'ü"1',
      model_name: 'm',
      model_version: '3',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }],
    });
    expect(JSON.parse(jsonOf([fp32(1)]))).not.toHaveProperty('id');
  });

  it('sends the outputs that were asked for, each as asked', () => {
    const outputs = [fp32(1), { ...fp32(2), name: 'z' }];
    const wanted = [
      { name: 'z', binary: true, classificationCount: 0 },
      { name: 'y', binary: false, classificationCount: 0 },
    ];
    const { headers, chunks } = encodeInferResponse(
      { ...anyRequest, outputs: wanted, binaryByDefault: true },
      resultOf(outputs),
    );
    const json = Buffer.from(chunks[0] ?? []).toString();
    expect(headers).toEqual({
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': String(json.length),
    });
    expect(JSON.parse(json).outputs).toEqual([
      { name: 'z', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } },
      { name: 'y', datatype: 'FP32', shape: [1], data: [1] },
    ]);
    expect(chunks[1]).toBe(outputs[1]?.data);
  });

  it('keeps binary_data_size 0 for an empty binary output, and is then plain JSON', () => {
    const { headers, chunks } = encodeInferResponse(
      { ...anyRequest, binaryByDefault: true },
      resultOf([fp32()]),
    );
    expect(headers).toEqual({
      'Content-Type': 'application/json',
    });
    expect(JSON.parse(Buffer.concat(chunks).toString()).outputs[0].parameters).toEqual({
      binary_data_size: 0,
    });
  });

  it('tells who asks for bytes that are not UTF-8 as JSON to ask for binary data', () => {
    const tensor: NamedTensor = {
      name: 'y',
      datatype: 'BYTES',
      shape: [1],
      data: encodeBytesElements([Buffer.from([0xff])]),
    };
    expect(errorOf(() => jsonOf([tensor])).message).toMatch(/output "y": element 0 .*binary_data/);
  });
});

describe('the request', () => {
  it('gives binary tensors as views on the body', () => {
    const encoded = binaryBody([{ ...fp32(1, 2), name: 'x' }]);
    const [input] = decode(encoded).inputs;
    expect(input?.data.buffer).toBe(encoded.body.buffer);
    expect(input?.data.byteLength).toBe(8);
  });

  it('reads id, parameters and outputs', () => {
    const request = decodeJson(
      '{"id":"7","parameters":{"timeout":5,"sequence_id":18446744073709551615,"mine":"a","binary_data_output":true},' +
        '"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":true}},{"name":"z"}]}',
    );
    expect(request).toMatchObject({ id: '7', binaryByDefault: true });
    expect(request.parameters.get('sequence_id')).toBe(18_446_744_073_709_551_615n);
    expect(request.parameters.get('mine')).toBe('a');
    expect(request.outputs).toEqual([
      { name: 'y', binary: true, classificationCount: 0 },
      { name: 'z', binary: false, classificationCount: 0 },
    ]);
  });

  it('reads data flat or nested, before or after shape and datatype', () => {
    const expected = Buffer.from(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    for (const data of ['[1,2,3,4,5,6]', '[[1,2,3],[4,5,6]]', ' [ [ 1 , 2 , 3 ] , [ 4 , 5 , 6.0 ] ] ']) {
      const inputs = [
        `{"name":"x","shape":[2,3],"datatype":"FP32","data":${data}}`,
        `{"data":${data},"datatype":"FP32","extra":{"a":[null]},"shape":[2,3],"name":"x"}`,
      ];
      for (const input of inputs)
        expect(Buffer.from(decodeJson(`{"inputs":[${input}]}`).inputs[0]?.data ?? [])).toEqual(expected);
    }
  });

  it('reads FP32 in any mixture of forms as the language does', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e38, max: 1e38 }).map(String),
      fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toFixed(7).slice(0, 30)),
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value.toFixed(15)),
      fc.integer().map(String),
    );
    const separated = fc.array(fc.tuple(number, fc.constantFrom(',', ', ', ' ,', ' , ', ',\n\t')), {
      minLength: 1,
    });
    fc.assert(
      fc.property(separated, (elements) => {
        const data = elements.map(([text, separator], i) => (i === 0 ? '' : separator) + text).join('');
        const json = `{"inputs":[{"name":"x","shape":[${elements.length}],"datatype":"FP32","data":[${data}]}]}`;
        const expected = Float32Array.from(elements, ([text]) => Number(text));
        expect(Buffer.from(decodeJson(json).inputs[0]?.data ?? [])).toEqual(Buffer.from(expected.buffer));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '.5,1',
    '01,1',
    '1.,1',
    '-,1',
    '1,-',
    '1,,1',
    '-.5,1',
    '00.5,1',
    '1.5.5,1',
    '+1,1',
    '0x1,1',
    '1 1,1',
    ',1',
    '1,',
  ])('takes no %s for FP32 data', (data) => {
    expect(
      errorOf(() => decodeJson(`{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[${data}]}]}`))
        .code,
    ).toBe('INVALID_ARGUMENT');
  });

  it('takes a body without JSON as the data of the one input', () => {
    const spec: TensorSpec = {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 3],
      dimNames: ['batch', null],
      optional: false,
    };
    const body = new Uint8Array(24);
    expect(decode({ body, headerLength: 0 }, [spec])).toMatchObject({
      binaryByDefault: true,
      inputs: [{ name: 'x', shape: [2, 3], data: body }],
    });
    expect(decode({ body, headerLength: 0 }, [{ ...spec, shape: [-1, -1, 2] }]).inputs[0]?.shape).toEqual([
      1, 3, 2,
    ]);
    const text = decode({ body: Buffer.from('hi'), headerLength: 0 }, [
      { ...spec, datatype: 'BYTES', shape: [-1, 1] },
    ]).inputs[0];
    expect(text).toMatchObject({ shape: [1, 1], data: encodeBytesElements([Buffer.from('hi')]) });
    for (const specs of [
      [],
      [spec, spec],
      [{ ...spec, shape: [-1, 7] }],
      [{ ...spec, shape: [-1, -1, -1] }],
    ]) {
      expect(errorOf(() => decode({ body, headerLength: 0 }, specs)).code).toBe('INVALID_ARGUMENT');
    }
  });

  it('may carry no elements at all', () => {
    expect(
      decodeJson('{"inputs":[{"name":"x","shape":[0,3],"datatype":"INT64","data":[]}]}').inputs[0]?.data
        .byteLength,
    ).toBe(0);
    expect(
      decode(binaryBody([{ name: 'x', datatype: 'BYTES', shape: [2, 0], data: new Uint8Array() }])).inputs,
    ).toHaveLength(1);
  });
});

const input = (more: string) => `{"inputs":[{"name":"x",${more}}]}`;

describe('a wrong request', () => {
  it.each([
    [
      input('"shape":[2,3],"datatype":"FP32","data":[1,2,3,4,5]'),
      'input "x": shape [2, 3] needs 6 elements, data holds 5',
    ],
    [
      input('"shape":[2],"datatype":"FP32","data":[1,2,3]'),
      'input "x": element 2 of data: the shape has room for 2, and more elements follow',
    ],
    [input('"shape":[1000000000],"datatype":"FP32","data":[1]'), 'needs 1000000000 elements, and only'],
    [
      input('"shape":[3,2],"datatype":"FP32","data":[[1,2,3],[4,5,6]]'),
      'input "x": data is nested as [2, 3], shape is [3, 2]',
    ],
    [
      input('"shape":[2,2],"datatype":"FP32","data":[[1],[2,3,4]]'),
      'input "x": data is ragged: arrays of 1 and of 3 stand at the same level',
    ],
    [
      input('"shape":[2,2],"datatype":"FP32","data":[[1,2],3,4]'),
      'expected data to be an array, found "3,4]}]}"',
    ],
    [
      input('"shape":[1],"datatype":"FP32","data":[null]'),
      'input "x": element 0 of data: expected an element to be a number, found "null]}]}"',
    ],
    [input('"shape":[1],"datatype":"FP32","data":["1"]'), 'expected an element to be a number'],
    [
      input('"shape":[1],"datatype":"FP32","data":[1e39]'),
      'input "x": element 0 of data: 1e39 does not fit: FP32 takes at most 3.4028235e38',
    ],
    [input('"shape":[1],"datatype":"FP16","data":[65520]'), '65520 does not fit: FP16 takes at most 65504'],
    [input('"shape":[1],"datatype":"FP64","data":[1e400]'), '1e400 is too large for a number'],
    [
      input('"shape":[2],"datatype":"UINT8","data":[0,256]'),
      'input "x": element 1 of data: 256 does not fit: UINT8 takes whole numbers from 0 to 255',
    ],
    [
      input('"shape":[1],"datatype":"INT32","data":[1.5]'),
      '1.5 does not fit: INT32 takes whole numbers from -2147483648 to 2147483647',
    ],
    [
      input('"shape":[1],"datatype":"INT32","data":[NaN]'),
      'expected an element to be a number, found "NaN]}]}"',
    ],
    [
      input('"shape":[1],"datatype":"INT64","data":[9223372036854775808]'),
      '9223372036854775808 does not fit: INT64 takes whole numbers from',
    ],
    [
      input('"shape":[1],"datatype":"UINT64","data":[-1]'),
      '-1 does not fit: UINT64 takes whole numbers from 0 to 18446744073709551615',
    ],
    [input('"shape":[1],"datatype":"BOOL","data":[1]'), 'expected an element to be true or false'],
    [input('"shape":[1],"datatype":"BYTES","data":[1]'), 'expected an element to be a string'],
    [
      input('"shape":[-1],"datatype":"FP32","data":[1]'),
      'input "x": shape has the dimension -1, a dimension is a whole number of at least 0',
    ],
    [input('"shape":[1.5],"datatype":"FP32","data":[1]'), 'shape has the dimension 1.5'],
    [input('"shape":["1"],"datatype":"FP32","data":[1]'), 'input "x": a dimension to be a number'],
    [
      input('"shape":[9007199254740991,9007199254740991],"datatype":"FP32","data":[1]'),
      'more elements than can be counted',
    ],
    [
      input(`"shape":[${'1,'.repeat(64)}1],"datatype":"FP32","data":[1]`),
      'input "x": shape has more than 64 dimensions',
    ],
    [
      input('"shape":[1],"datatype":"TYPE_FP32","data":[1]'),
      'input "x": datatype "TYPE_FP32" is not one of BOOL, UINT8',
    ],
    [
      input('"shape":[1],"datatype":"FP32"'),
      'input "x": neither "data" nor parameters.binary_data_size is given',
    ],
    [
      input('"shape":[1],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":4}'),
      'input "x": both "data" and parameters.binary_data_size are given',
    ],
    [
      input('"shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}'),
      'binary_data_size is 4, but 0 of the 0 bytes after the JSON are left',
    ],
    [
      input('"shape":[1],"datatype":"FP32","parameters":{"binary_data_size":"4"}'),
      'binary_data_size must be a whole number of at least 0, "4" was given',
    ],
    [input('"datatype":"FP32","data":[1]'), 'input "x": "shape" is missing'],
    [input('"shape":[1],"data":[1]'), 'input "x": "datatype" is missing'],
    ['{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}', 'inputs[0]: "name" is missing'],
    ['{"inputs":{}}', 'expected inputs to be an array'],
    ['{}', 'the request has no "inputs"'],
    ['[]', 'expected the request to be an object'],
    ['', 'there is no JSON in the body'],
    ['{"inputs":[],"outputs":[{}]}', 'outputs[0]: "name" is missing'],
    [
      '{"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":1}}]}',
      'output "y": binary_data must be true or false, 1 was given',
    ],
    [
      '{"inputs":[],"parameters":{"triton_x":1}}',
      'parameter "triton_x": keys that begin with "triton_" are reserved',
    ],
    ['{"inputs":[],"parameters":{"headers":"a"}}', 'parameter "headers": the key is reserved'],
    [
      '{"inputs":[],"parameters":{"timeout":-1}}',
      'parameter "timeout": must be a whole number of at least 0, -1 was given',
    ],
    [
      '{"inputs":[],"parameters":{"sequence_id":1.5}}',
      'parameter "sequence_id": must be a whole number of at least 0 or a string, 1.5 was given',
    ],
    [
      '{"inputs":[],"parameters":{"a":null}}',
      'parameter "a": must be a string, a number or a boolean, null was given',
    ],
    ['{"inputs":[],"parameters":{"a":[1]}}', 'expected parameter "a" to be a single value'],
    ['{"inputs":[],"inputs":[]}', 'key "inputs" stands twice'],
    ['{"inputs":[],"x":NaN}', 'expected a value to be a number'],
    [input(`"shape":[1],"datatype":"FP32","data":${'['.repeat(10_000)}`), 'nested deeper than 100 levels'],
  ])('%s is told: %s', (json, message) => {
    const error = errorOf(() => decodeJson(json));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(message);
  });

  it('is told when header length and body, or shape and bytes, do not fit', () => {
    const tensor = { ...fp32(1, 2, 3, 4, 5), name: 'x' };
    const { body, headerLength } = binaryBody([{ ...tensor, shape: [2, 3] }]);
    const length = headerLength ?? 0;
    expect(errorOf(() => decode({ body, headerLength: length })).message).toBe(
      'input "x": shape [2, 3] of FP32 needs 24 bytes, 20 were given',
    );
    expect(errorOf(() => decode({ body, headerLength: body.length + 1 })).message).toContain(
      `the body has ${body.length} bytes`,
    );
    const whole = binaryBody([tensor]);
    expect(errorOf(() => decode({ ...whole, body: whole.body.subarray(0, -1) })).message).toContain(
      '19 of the 19 bytes',
    );
    expect(
      errorOf(() => decode({ ...whole, body: Buffer.concat([whole.body, Buffer.alloc(3)]) })).message,
    ).toContain('23 bytes after the JSON');
    const text = (data: Uint8Array) =>
      errorOf(() => decode(binaryBody([{ name: 'x', datatype: 'BYTES', shape: [2], data }]))).message;
    expect(text(Uint8Array.of(1, 0, 0, 0, 65))).toContain('needs at least 8 bytes, 5 were given');
    expect(text(Uint8Array.of(9, 0, 0, 0, 65, 0, 0, 0, 0))).toContain('ends at byte 13');
  });

  it('for shared memory is told that this is not supported', () => {
    const json = input('"shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}');
    expect(errorOf(() => decodeJson(json)).code).toBe('UNSUPPORTED');
  });

  it('of any bytes is an EngineError or a request, never anything else', () => {
    const valid = Buffer.from(
      input('"shape":[2,2],"datatype":"FP32","data":[[1,2.5],[3e1,-4]],"parameters":{"a":"b"}'),
    );
    const pieces = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        pieces,
        fc.nat({ max: valid.length }),
        fc.option(fc.nat({ max: 200 })),
        (edits, length, headerLength) => {
          const body = Buffer.from(valid.subarray(0, length));
          for (const [at, byte] of edits) if (at < length) body[at] = byte;
          try {
            decode({ body, headerLength });
          } catch (error) {
            expect(error).toBeInstanceOf(EngineError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
