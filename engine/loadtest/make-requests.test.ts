import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Datatype, datatypeSchema, type TensorSpec } from '../contract';
import { decodeBytesElements, ELEMENT_BYTES } from '../tensor';
import type { LoadPlan, RequestSource } from './load-plan';
import { makeRequests } from './make-requests';

const spec = (name: string, datatype: Datatype, shape: number[], optional = false): TensorSpec => ({
  name,
  datatype,
  shape,
  dimNames: shape.map(() => null),
  optional,
});

type ModelSource = Extract<RequestSource, { kind: 'model' }>;
const planOf = (source: Partial<ModelSource> & Pick<ModelSource, 'inputs'>, seed = 1): LoadPlan => ({
  host: '127.0.0.1',
  port: 8000,
  path: '/v2/models/m/infer',
  requests: {
    kind: 'model',
    batchable: true,
    rowsPerRequest: 1,
    encoding: 'binary',
    dynamicDims: {},
    ...source,
  },
  executor: { kind: 'closed', clients: 1 },
  warmupMs: 0,
  durationMs: 1_000,
  requestTimeoutMs: 1_000,
  seed,
  beatMs: 500,
});

interface InputHead {
  name: string;
  datatype: Datatype;
  shape: number[];
  data?: unknown[];
  parameters?: { binary_data_size: number };
}

/** Reads a request as a server would. */
function read(request: Uint8Array) {
  const bytes = Buffer.from(request);
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  const [requestLine, ...lines] = bytes
    .subarray(0, headEnd - 4)
    .toString('latin1')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body = bytes.subarray(headEnd);
  const jsonLength = Number(headers['inference-header-content-length'] ?? body.length);
  const json = JSON.parse(body.subarray(0, jsonLength).toString('utf8')) as {
    inputs: InputHead[];
    parameters?: unknown;
  };
  return { requestLine, headers, body, json, tail: body.subarray(jsonLength) };
}

const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const dims = fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 });
const inputs = fc
  .array(fc.tuple(fc.constantFrom(...datatypeSchema.options), dims), { minLength: 1, maxLength: 4 })
  .map((all) => all.map(([datatype, inner], i) => spec(`in_${i}`, datatype, [-1, ...inner])));

describe('made requests', () => {
  it('are well-formed binary requests for any inputs: lengths, shapes and bytes agree', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 5 }), (specs, rowsPerRequest) => {
        for (const request of makeRequests(planOf({ inputs: specs, rowsPerRequest }))) {
          const { requestLine, headers, body, json, tail } = read(request);
          expect(requestLine).toBe('POST /v2/models/m/infer HTTP/1.1');
          expect(headers).toMatchObject({ host: '127.0.0.1:8000', 'content-length': String(body.length) });
          let at = 0;
          json.inputs.forEach((input, i) => {
            expect(input.shape).toEqual([
              rowsPerRequest,
              ...specs[i]!.shape.slice(1).map((size) => (size < 0 ? 1 : size)),
            ]);
            const data = tail.subarray(at, at + input.parameters!.binary_data_size);
            at += input.parameters!.binary_data_size;
            const elementBytes = ELEMENT_BYTES[input.datatype];
            if (elementBytes === null)
              expect(decodeBytesElements(data, elements(input.shape), input.name)).toHaveLength(
                elements(input.shape),
              );
            else expect(data.length).toBe(elements(input.shape) * elementBytes);
          });
          expect(at).toBe(tail.length);
        }
      }),
    );
  });

  it('are well-formed JSON requests for any inputs that have a JSON form', () => {
    fc.assert(
      fc.property(inputs, (specs) => {
        const jsonable = specs.filter(({ datatype }) => datatype !== 'FP16' && datatype !== 'BF16');
        for (const request of makeRequests(planOf({ inputs: jsonable, encoding: 'json' }))) {
          for (const input of read(request).json.inputs)
            expect(input.data).toHaveLength(elements(input.shape));
        }
      }),
    );
  });

  it('are the same for the same seed, differ for another, and differ within a pool', () => {
    const specs = [spec('x', 'FP32', [-1, 8])];
    const made = (seed: number) =>
      makeRequests(planOf({ inputs: specs }, seed)).map((request) => Buffer.from(request).toString('hex'));
    expect(made(5)).toEqual(made(5));
    expect(made(5)).not.toEqual(made(6));
    expect(new Set(made(5)).size).toBe(8);
  });

  it('take the sizes given for open dimensions, and leave out optional inputs', () => {
    const source = {
      inputs: [spec('ids', 'INT64', [-1, -1]), spec('extra', 'FP32', [1], true)],
      dynamicDims: { ids: { '1': 7 } },
    };
    const { json } = read(makeRequests(planOf(source))[0]!);
    expect(json.inputs.map(({ name, shape }) => [name, shape])).toEqual([['ids', [1, 7]]]);
  });

  it('hold the model’s own first dimension when the model has no batch dimension', () => {
    const { json } = read(
      makeRequests(planOf({ inputs: [spec('x', 'FP32', [3, 2])], batchable: false }))[0]!,
    );
    expect(json.inputs[0]!.shape).toEqual([3, 2]);
  });

  it('serve a scalar input', () => {
    const { json, tail } = read(
      makeRequests(planOf({ inputs: [spec('x', 'FP64', [])], batchable: false }))[0]!,
    );
    expect(json.inputs[0]!.shape).toEqual([]);
    expect(tail.length).toBe(8);
  });

  it('hold values that models can work on', () => {
    const data = (name: string, datatype: Datatype) =>
      read(makeRequests(planOf({ inputs: [spec(name, datatype, [-1, 200])], encoding: 'json' }))[0]!).json
        .inputs[0]!.data as number[];
    for (const value of data('x', 'FP32')) expect(value >= 0 && value <= 1).toBe(true);
    for (const value of data('input_ids', 'INT64'))
      expect(Number.isInteger(value) && value >= 0 && value < 100).toBe(true);
    expect(new Set(data('attention_mask', 'INT64'))).toEqual(new Set([1]));
    expect(new Set(data('token_type_ids', 'INT64'))).toEqual(new Set([0]));
    expect(new Set(data('flag', 'BOOL'))).toEqual(new Set([true, false]));
  });

  it('hold half-precision values in [0, 1) of both kinds', () => {
    const words = (datatype: Datatype) => {
      const { tail } = read(makeRequests(planOf({ inputs: [spec('x', datatype, [-1, 500])] }))[0]!);
      return Array.from({ length: 500 }, (_, i) => tail.readUInt16LE(i * 2));
    };
    const half = (bits: number) => 2 ** ((bits >> 10) - 15) * (1 + (bits & 1023) / 1024);
    const brain = (bits: number) => new Float32Array(new Uint32Array([bits << 16]).buffer)[0]!;
    for (const [values, decode] of [
      [words('FP16'), half],
      [words('BF16'), brain],
    ] as const) {
      const decoded = values.map(decode);
      expect(Math.max(...decoded)).toBeLessThan(1);
      expect(Math.min(...decoded)).toBeGreaterThanOrEqual(0);
      expect(decoded.reduce((a, b) => a + b, 0) / 500).toBeCloseTo(0.5, 1);
    }
  });

  it('keep a pool of large requests small', () => {
    const requests = makeRequests(planOf({ inputs: [spec('x', 'UINT8', [-1, 30 * 1024 * 1024])] }));
    expect(requests).toHaveLength(2);
  });

  it('send given bodies as they are', () => {
    const requests = {
      kind: 'bodies' as const,
      headers: { 'Content-Type': 'a/b' },
      bodies: [new Uint8Array([1, 2, 3])],
    };
    const request = Buffer.from(
      makeRequests({ ...planOf({ inputs: [] }), host: '::1', requests })[0]!,
    ).toString('latin1');
    expect(request).toBe(
      'POST /v2/models/m/infer HTTP/1.1\r\nHost: [::1]:8000\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\n\x01\x02\x03',
    );
  });

  it('refuse a header that would break out of its line, and an empty list of bodies', () => {
    const withHeaders = (headers: Record<string, string>, bodies: Uint8Array[]) => () =>
      makeRequests({ ...planOf({ inputs: [] }), requests: { kind: 'bodies', headers, bodies } });
    expect(withHeaders({ A: 'b\r\nC: d' }, [new Uint8Array(1)])).toThrow(/printable ASCII/);
    expect(withHeaders({}, [])).toThrow(/at least one/);
  });
});
