import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../base';
import { decodeMessage, encodeMessage, messageType } from '../protocol';
import type { Plain } from '../testing/grpc-client';
import {
  floatsOf,
  INFER_PATH,
  inferRequest,
  type OpenGrpcDoor,
  openGrpcDoor,
  STREAM_PATH,
} from './open-grpc-door.fixture';

let open: OpenGrpcDoor;
beforeEach(async () => {
  open = await openGrpcDoor();
});
afterEach(() => open.close());

const RequestType = messageType('inference.ModelInferRequest');
const StreamType = messageType('inference.ModelStreamInferResponse');

/** Sends all requests on one stream, and gathers what comes back. */
function stream(requests: readonly Plain[], metadata = new Metadata()) {
  const call = open.client.stream(STREAM_PATH, metadata);
  const answers: Plain[] = [];
  call.on('data', (bytes: Buffer) => answers.push(decodeMessage(StreamType, bytes)));
  call.on('error', () => undefined);
  const ended = new Promise<{ code: number; details: string }>((resolve) => call.on('status', resolve));
  for (const request of requests) call.write(encodeMessage(RequestType, request));
  call.end();
  return ended.then((end) => ({ end, answers }));
}

describe('ModelInfer', () => {
  test('a raw tensor comes back as it was sent', async () => {
    const answer = await open.client.call('ModelInfer', inferRequest([1, 2.5, -3], { id: 'a' }));
    expect(answer).toMatchObject({ model_name: 'identity', model_version: '1', id: 'a' });
    expect(answer.outputs).toMatchObject([{ name: 'x', datatype: 'FP32', shape: ['1', '3'] }]);
    expect(floatsOf(answer)).toEqual([1, 2.5, -3]);
  });

  test('a tensor larger than every window of flow control comes back whole', async () => {
    const values = Array.from({ length: 800_000 }, (_, i) => i);
    expect(floatsOf(await open.client.call('ModelInfer', inferRequest(values)))).toEqual(values);
  });

  test('typed contents of every datatype are read without loss', async () => {
    const max = '18446744073709551615';
    const cases: [string, Plain, Uint8Array][] = [
      ['BOOL', { bool_contents: [true, false] }, Uint8Array.of(1, 0)],
      ['INT8', { int_contents: [-1, 127] }, new Uint8Array(Int8Array.of(-1, 127).buffer)],
      ['INT16', { int_contents: [-2, 300] }, new Uint8Array(Int16Array.of(-2, 300).buffer)],
      ['INT32', { int_contents: [-70000, 5] }, new Uint8Array(Int32Array.of(-70000, 5).buffer)],
      [
        'INT64',
        { int64_contents: ['-9007199254740993', 1] },
        new Uint8Array(BigInt64Array.of(-9007199254740993n, 1n).buffer),
      ],
      ['UINT8', { uint_contents: [255, 0] }, Uint8Array.of(255, 0)],
      ['UINT64', { uint64_contents: [max, 0] }, new Uint8Array(BigUint64Array.of(2n ** 64n - 1n, 0n).buffer)],
      ['FP32', { fp32_contents: [1.5, -2] }, new Uint8Array(Float32Array.of(1.5, -2).buffer)],
      ['FP64', { fp64_contents: [0.1, 2] }, new Uint8Array(Float64Array.of(0.1, 2).buffer)],
      [
        'BYTES',
        { bytes_contents: [Buffer.from([255]), Buffer.alloc(0)] },
        Uint8Array.of(1, 0, 0, 0, 255, 0, 0, 0, 0),
      ],
    ];
    for (const [datatype, contents, expected] of cases) {
      const inputs = [{ name: 'x', datatype, shape: [2], contents }];
      const answer = await open.client.call('ModelInfer', { model_name: 'identity', inputs });
      expect([datatype, ...(answer.raw_output_contents as Buffer[])[0]!]).toEqual([datatype, ...expected]);
    }
  });

  test.each<[string, Plain, string]>([
    ['no model', { model_name: '' }, 'model_name: is empty'],
    ['a version that is none', inferRequest([1], { model_version: 'x' }), 'model_version: must be'],
    [
      'too few bytes',
      inferRequest([1], { raw_input_contents: [Buffer.alloc(3)] }),
      'needs 4 bytes, 3 were given',
    ],
    [
      'a count of raw tensors that is not the inputs’',
      inferRequest([1], { raw_input_contents: [], inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }] }),
      'needs 1 elements',
    ],
    [
      'a datatype that is none',
      inferRequest([1], { inputs: [{ name: 'x', datatype: 'FP31', shape: [1] }] }),
      'datatype "FP31"',
    ],
    [
      'a negative dimension',
      inferRequest([1], { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }] }),
      'dimension -1',
    ],
    [
      'a reserved parameter',
      inferRequest([1], { parameters: { triton_x: { bool_param: true } } }),
      'triton_x',
    ],
    [
      'a timeout that is no number',
      inferRequest([1], { parameters: { timeout: { string_param: 'x' } } }),
      'timeout',
    ],
  ])('%s is refused by name', async (_what, request, text) => {
    await expect(open.client.call('ModelInfer', request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(text),
    });
  });

  test('an unknown model, and shared memory, have the statuses of the table of errors', async () => {
    await expect(
      open.client.call('ModelInfer', inferRequest([1], { model_name: 'é%' })),
    ).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('é%'),
    });
    const inputs = [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [1],
        parameters: { shared_memory_region: { string_param: 'r' } },
      },
    ];
    await expect(open.client.call('ModelInfer', inferRequest([1], { inputs }))).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  test('bytes that are no message are refused, and the next call is answered', async () => {
    await expect(open.client.raw(INFER_PATH, Buffer.from([0x3a, 0xff, 0x01]))).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('ModelInferRequest cannot be read'),
    });
    expect(floatsOf(await open.client.call('ModelInfer', inferRequest([1])))).toEqual([1]);
  });

  test('a message over the limit is refused with size and limit', async () => {
    const values = new Array(1_100_000).fill(0);
    await expect(open.client.call('ModelInfer', inferRequest(values))).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(/44\d{5} bytes, the limit is 4194304 bytes/),
    });
  });

  test('a fault of the engine is told by an id, and logged under it', async () => {
    open.dataPlane.before = () => {
      throw new Error('secret');
    };
    const error = await open.client.call('ModelInfer', inferRequest([1])).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: status.INTERNAL, details: expect.not.stringContaining('secret') });
    const id = /under (\w+)$/.exec(error.details)?.[1];
    expect(open.log.some(({ message }) => message.includes(`${id}: secret`))).toBe(true);
  });

  test('a deadline that passes fires the request’s signal and is the call’s status', async () => {
    let code: string | undefined;
    open.dataPlane.before = (request) =>
      new Promise((_resolve, reject) => {
        const { signal } = request;
        if (!signal) throw new Error('no signal');
        signal.onCancel = () => {
          code = signal.code;
          reject(new EngineError(signal.code, 'left the queue'));
        };
      });
    // Told by the door: the client's own timer is switched off by a metadata deadline.
    const metadata = new Metadata();
    metadata.set('grpc-timeout', '20m');
    await expect(open.client.call('ModelInfer', inferRequest([1]), { metadata })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    expect(code).toBe('CALL_EXPIRED');
  });
});

describe('ModelStreamInfer', () => {
  test('answers in the order of the requests, each the last of its own', async () => {
    let turn = 0;
    // Earlier requests take more turns of the loop than later ones.
    open.dataPlane.before = async () => {
      for (let left = 20 - turn++; left > 0; left--) await new Promise(setImmediate);
    };
    const { end, answers } = await stream(
      Array.from({ length: 20 }, (_, i) => inferRequest([i], { id: `${i}` })),
    );
    expect(end.code).toBe(status.OK);
    const responses = answers.map((answer) => answer.infer_response as Plain);
    expect(responses.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    expect(responses[0]?.parameters).toMatchObject({ triton_final_response: { bool_param: true } });
  });

  test('an error is an answer with the request’s id, and the stream goes on', async () => {
    const { end, answers } = await stream([
      inferRequest([1], { id: 'bad', model_name: 'no' }),
      inferRequest([2], { id: 'good' }),
    ]);
    expect(end.code).toBe(status.OK);
    expect(answers).toMatchObject([
      { error_message: expect.stringContaining("'no'"), infer_response: { id: 'bad' } },
      { error_message: '', infer_response: { id: 'good' } },
    ]);
  });

  test('with triton_grpc_error an error is the status of the call', async () => {
    const metadata = new Metadata();
    metadata.set('triton_grpc_error', 'true');
    const { end, answers } = await stream([inferRequest([1], { model_name: 'no' })], metadata);
    expect(answers).toEqual([]);
    expect(end).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining("'no'") });
  });
});

describe('the other methods', () => {
  test('answer from the data plane', async () => {
    const { client } = open;
    expect(await client.call('ServerLive', {})).toEqual({ live: true });
    expect(await client.call('ServerReady', {})).toEqual({ ready: true });
    expect(await client.call('ModelReady', { name: 'identity' })).toEqual({ ready: true });
    expect(await client.call('ModelReady', { name: 'unknown' })).toEqual({ ready: false });
    expect(await client.call('ServerMetadata', {})).toMatchObject({
      name: 'ferry',
      extensions: ['binary_tensor_data'],
    });
    expect(await client.call('ModelMetadata', { name: 'identity' })).toMatchObject({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '3'] }],
    });
    const { config } = await client.call('ModelConfig', { name: 'identity' });
    expect(config).toMatchObject({ max_batch_size: 8, input: [{ name: 'x', dims: ['3'] }] });
    expect(await client.call('ModelStatistics', { name: 'identity' })).toMatchObject({
      model_stats: [{ name: 'identity', inference_stats: { success: { count: '0' } } }],
    });
    expect(await client.call('RepositoryIndex', { ready: true })).toMatchObject({
      models: [{ name: 'identity' }],
    });
    await client.call('RepositoryModelLoad', {
      model_name: 'identity',
      parameters: { config: { string_param: '{}' } },
    });
    await client.call('RepositoryModelUnload', { model_name: 'identity' });
    expect(open.dataPlane.orders).toMatchObject([
      { order: 'load', override: { configJson: '{}' } },
      { order: 'unload', name: 'identity' },
    ]);
    expect(await client.call('SystemSharedMemoryStatus', {})).toEqual({ regions: {} });
    expect(await client.call('CudaSharedMemoryUnregister', {})).toEqual({});
    await expect(client.call('SystemSharedMemoryRegister', { name: 'r' })).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
    const { settings } = await client.call('TraceSetting', { settings: { trace_rate: { value: ['5'] } } });
    expect(settings).toMatchObject({ trace_rate: { value: ['5'] }, trace_level: { value: ['OFF'] } });
    const logged = await client.call('LogSettings', { settings: { log_verbose_level: { uint32_param: 2 } } });
    expect(logged.settings).toMatchObject({ log_verbose_level: { uint32_param: 2 } });
  });

  test('a method that is not there is unimplemented', async () => {
    await expect(
      open.client.raw('/inference.GRPCInferenceService/No', Buffer.alloc(0)),
    ).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  test('health mirrors readiness', async () => {
    const type = messageType('grpc.health.v1.HealthCheckResponse');
    const check = async () =>
      decodeMessage(type, await open.client.raw('/grpc.health.v1.Health/Check', Buffer.alloc(0)));
    expect(await check()).toEqual({ status: 1 });
    open.dataPlane.ready = false;
    expect(await check()).toEqual({ status: 2 });
  });

  test.each(['v1', 'v1alpha'])('reflection %s gives the service and its file', async (version) => {
    const request = messageType(`grpc.reflection.${version}.ServerReflectionRequest`);
    const response = messageType(`grpc.reflection.${version}.ServerReflectionResponse`);
    const call = open.client.stream(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      new Metadata(),
    );
    const answers: Plain[] = [];
    call.on('data', (bytes: Buffer) => answers.push(decodeMessage(response, bytes)));
    call.write(encodeMessage(request, { list_services: '' }));
    call.write(encodeMessage(request, { file_containing_symbol: 'inference.GRPCInferenceService' }));
    call.end();
    await new Promise((resolve) => call.on('status', resolve));
    expect(JSON.stringify(answers[0])).toContain('inference.GRPCInferenceService');
    const described = answers[1]?.file_descriptor_response as { file_descriptor_proto: Buffer[] } | undefined;
    expect(described?.file_descriptor_proto[0]?.toString('latin1')).toContain('ModelStreamInfer');
  });
});

test('a stop answers what is under way', async () => {
  let release: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => {
    open.dataPlane.before = () => {
      resolve();
      return new Promise<void>((done) => {
        release = done;
      });
    };
  });
  const answer = open.client.call('ModelInfer', inferRequest([7]));
  await entered;
  const stopped = open.door.stop(10_000);
  release();
  expect(floatsOf(await answer)).toEqual([7]);
  await stopped;
});
