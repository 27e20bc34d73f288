import { afterEach, describe, expect, test } from 'vitest';
import { accumulatorModel as accumulator, accumulatorConfig as config } from '../testing/accumulator-model';
import { GrpcTestClient } from '../testing/grpc-client';
import type { OnnxDim } from '../testing/onnx-writer';
import { startEngine, type TestEngine } from './start-engine';

const LIMIT = { timeout: 60_000 };
let engine: TestEngine | null = null;
let client: GrpcTestClient | null = null;
afterEach(async () => {
  client?.close();
  client = null;
  await engine?.close();
  engine = null;
});

interface Step {
  readonly value: number;
  readonly start?: boolean;
  readonly end?: boolean;
}

async function overHttp(id: number | string, { value, start = false, end = false }: Step) {
  const answer = await engine?.http.infer('sum', {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }],
    parameters: { sequence_id: id, sequence_start: start, sequence_end: end },
  });
  const of = (name: string) => answer?.outputs.find((output) => output.name === name)?.data?.[0];
  return {
    status: answer?.status,
    error: answer?.error,
    y: of('y'),
    told: of('told'),
    who: of('who'),
    answer,
  };
}

async function overGrpc(id: number, { value, start = false, end = false }: Step): Promise<number> {
  const answer = (await client?.call('ModelInfer', {
    model_name: 'sum',
    parameters: {
      sequence_id: { int64_param: id },
      sequence_start: { bool_param: start },
      sequence_end: { bool_param: end },
    },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1] }],
    outputs: [{ name: 'y' }],
    raw_input_contents: [Buffer.from(Float32Array.of(value).buffer)],
  })) as { raw_output_contents: Buffer[] };
  return answer.raw_output_contents[0]?.readFloatLE(0) ?? Number.NaN;
}

const LENGTH = 12;
const step = (value: number, i: number): Step => ({ value, start: i === 0, end: i === LENGTH - 1 });

describe.each([
  ['direct', config('direct { }')],
  [
    'direct with a delay',
    config('direct { max_queue_delay_microseconds: 1000 minimum_slot_utilization: 0.75 }'),
  ],
  ['oldest', config('oldest { max_candidate_sequences: 3 max_queue_delay_microseconds: 500 }')],
  [
    'oldest in order',
    config(
      'oldest { max_candidate_sequences: 8 preserve_ordering: true }',
      'max_batch_size: 4 instance_group { count: 2 }',
    ),
  ],
  ['without a batch dimension', config('direct { }', 'max_batch_size: 0', { dims: '[ 1, 1 ]' })],
])('a stateful model, %s', (name, text) => {
  const batch: OnnxDim = name === 'without a batch dimension' ? 1 : 'batch';
  const open = async (): Promise<void> => {
    engine = await startEngine({
      models: { 'sum/1/model.onnx': accumulator(batch), 'sum/config.pbtxt': text },
    });
    client = new GrpcTestClient(engine.engine.status.grpc?.port ?? 0);
  };

  test('adds up each of many sequences at once, over both doors, and never mixes them', LIMIT, async () => {
    await open();
    const httpStep = async (id: number, i: number, sum: number): Promise<void> => {
      const { answer, ...said } = await overHttp(id, step(id * 10 + i, i));
      const told = (i === 0 ? 100 : 0) + 10 + (i === LENGTH - 1 ? 1 : 0);
      expect(said).toEqual({ status: 200, error: '', y: sum, told, who: id });
    };
    const run = async (id: number): Promise<void> => {
      let sum = 0;
      for (let i = 0; i < LENGTH; i++) {
        sum += id * 10 + i;
        if (id % 2 === 0) expect(await overGrpc(id, step(id * 10 + i, i))).toBe(sum);
        else await httpStep(id, i, sum);
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, i) => run(i + 1)));
    expect(engine?.counters('sum')).toMatchObject({ requestsOk: 10 * LENGTH, queueLength: 0, inFlight: 0 });
    const after = await overHttp(1, { value: 1 });
    expect(after).toMatchObject({
      status: 400,
      error: expect.stringContaining('must specify the START flag'),
    });
  });
});

describe('a stateful model', () => {
  const start = async (text: string): Promise<void> => {
    engine = await startEngine({
      models: { 'sum/1/model.onnx': accumulator('batch'), 'sum/config.pbtxt': text },
    });
    client = new GrpcTestClient(engine.engine.status.grpc?.port ?? 0);
  };

  test('shows neither its controls nor its state to clients', LIMIT, async () => {
    await start(config('oldest { }'));
    const metadata = await engine?.http.get('/v2/models/sum');
    const json = metadata?.json as { inputs: unknown; outputs: { name: string }[] };
    expect(json.inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [-1, 1] }]);
    expect(json.outputs.map(({ name }) => name)).toEqual(['y', 'told', 'who']);
    const { answer } = await overHttp(1, { value: 1, start: true });
    expect(answer?.outputs.map(({ name }) => name).sort()).toEqual(['told', 'who', 'y']);
    const inForce = await engine?.http.get('/v2/models/sum/config');
    const read = inForce?.json as Record<string, unknown>;
    expect(read.sequence_batching).toMatchObject({ max_sequence_idle_microseconds: 10000000 });
    expect(read.dynamic_batching).toBeUndefined();
  });

  test('gives the state to clients when its output is listed', LIMIT, async () => {
    await start(
      config('direct { }', 'max_batch_size: 4 output { name: "state_out" data_type: TYPE_FP32 dims: [ 1 ] }'),
    );
    await overHttp(1, { value: 2, start: true });
    const { answer } = await overHttp(1, { value: 3 });
    expect(answer?.outputs).toContainEqual({
      name: 'state_out',
      datatype: 'FP32',
      shape: [1, 1],
      data: [5],
    });
  });

  test('begins with what a file says, and anew at a start in the middle', LIMIT, async () => {
    const initial = 'initial_state { data_type: TYPE_FP32 dims: [ 1 ] data_file: "begin" name: "b" }';
    const text = config('direct { }').replace('dims: [ 1 ] }', `dims: [ 1 ] ${initial} }`);
    engine = await startEngine({
      models: {
        'sum/1/model.onnx': accumulator('batch'),
        'sum/config.pbtxt': text,
        'sum/initial_state/begin': new Uint8Array(Float32Array.of(1000).buffer),
      },
    });
    expect((await overHttp(7, { value: 1, start: true })).y).toBe(1001);
    expect((await overHttp(7, { value: 1 })).y).toBe(1002);
    expect((await overHttp(7, { value: 5, start: true })).y).toBe(1005);
  });

  test('refuses what is no step of a sequence', LIMIT, async () => {
    await start(config('direct { }'));
    const refused = async (id: number | string, how: Step) => {
      const { status, error } = await overHttp(id, how);
      return { status, error };
    };
    expect(await refused(0, { value: 1, start: true })).toEqual({
      status: 400,
      error: expect.stringContaining("to model 'sum' must specify a non-zero or non-empty correlation ID"),
    });
    expect(await refused('five', { value: 1, start: true })).toMatchObject({
      status: 400,
      error: expect.stringContaining('"five" is a text'),
    });
    expect(await refused(5, { value: 1 })).toMatchObject({
      status: 400,
      error: expect.stringContaining("for sequence 5 to model 'sum' must specify the START flag"),
    });
    const two = await engine?.http.infer('sum', {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 1], data: [1, 2] }],
      parameters: { sequence_id: 5, sequence_start: true },
    });
    expect(two).toMatchObject({ status: 400, error: expect.stringContaining('must specify batch-size 1') });
  });

  test(
    'answers requests that are sent at once in the order of their sequence, with one seat for all',
    LIMIT,
    async () => {
      await start(config('oldest { max_candidate_sequences: 1 }'));
      const all = [1, 2, 3, 4, 5].flatMap((id) =>
        [0, 1, 2].map((i) => overGrpc(id, { value: id, start: i === 0, end: i === 2 })),
      );
      const answers = await Promise.all(all);
      expect(answers).toEqual([1, 2, 3, 4, 5].flatMap((id) => [id, 2 * id, 3 * id]));
    },
  );
});

test('a configuration that does not fit the model is refused with all its faults', LIMIT, async () => {
  engine = await startEngine({
    models: {
      'sum/1/model.onnx': accumulator('batch'),
      'sum/config.pbtxt': `max_batch_size: 4 sequence_batching {
        oldest { preferred_batch_size: [ 9 ] }
        control_input { name: "begin" control { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } }
        control_input { name: "ready" control { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } }
        control_input { name: "corrid" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32 } }
        state { input_name: "state" output_name: "gone" data_type: TYPE_FP32 dims: [ 1 ] }
      }`,
    },
  });
  const { reason } = engine.engine.registry.summary('sum');
  for (const part of [
    'oldest.preferred_batch_size contains 9',
    'control_input "begin" is not an input of the model',
    'control_input "ready" is INT32, the model has FP32',
    'data_type of CONTROL_SEQUENCE_CORRID is TYPE_FP32',
    'output_name "gone" is not an output of the model',
  ])
    expect(reason).toContain(part);
});
