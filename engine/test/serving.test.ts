import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ChangeMark, Datatype } from '../contract';
import { createEngine } from '../engine';
import { identityModel } from '../testing/onnx-writer';
import { temporaryFolder } from '../testing/temporary-folder';
import {
  addingModel,
  fixedBatchModel,
  rotatingModel,
  scalarModel,
  simulatedConfig,
  sumAndDifferenceModel,
} from './arithmetic-models';
import { optionsOf, startEngine, type TestEngine, type TestEngineOptions } from './start-engine';
import { addingQuestion, pairQuestion, rotatingQuestion, Traffic } from './traffic';
import { waitUntil } from './wait-until';

const LIMIT = { timeout: 90_000 };
const open: TestEngine[] = [];
const start = async (options: TestEngineOptions): Promise<TestEngine> => {
  const t = await startEngine({ ...options, argv: ['--log-level', 'error', ...(options.argv ?? [])] });
  open.push(t);
  return t;
};
afterEach(async () => {
  for (const t of open.splice(0)) await t.close();
}, 60_000);

/** Fills a batch of the simulated device alone. */
const fullBatch = (t: TestEngine, value: number, model = 'slow') =>
  t.http.inferFloats(model, [8, 2], new Float32Array(16).fill(value));
const oneRow = (t: TestEngine, value: number, model = 'slow') =>
  t.http.inferFloats(model, [1, 2], Float32Array.of(value, value));

describe('an instance that dies in a batch', () => {
  test('fails the requests of that batch with a 503 that says so, and is replaced', LIMIT, async () => {
    const t = await start({
      models: {
        'slow/config.pbtxt': simulatedConfig({
          baseUs: 2_000_000,
          more: 'dynamic_batching { preferred_batch_size: [ 3 ] max_queue_delay_microseconds: 10000000 }',
        }),
      },
    });
    const marks: Pick<ChangeMark, 'kind' | 'text'>[] = [];
    t.engine.registry.marks.on((mark) => marks.push(mark));
    const lost = [oneRow(t, 1), oneRow(t, 2), oneRow(t, 3)];
    await waitUntil('the batch runs', () => t.counters('slow').inFlight === 3);
    // Not a full batch: a full one would go ahead to the busy instance and be lost with it.
    const waiting = [oneRow(t, 4), oneRow(t, 5), oneRow(t, 6)];
    await waitUntil('three wait', () => t.counters('slow').queueLength === 3);
    await t.served('slow').instances[0]?.kill();

    for (const { status, headers, error } of await Promise.all(lost)) {
      expect({ status, code: headers['ferry-error-code'] }).toEqual({ status: 503, code: 'INSTANCE_LOST' });
      expect(headers['retry-after']).toMatch(/^\d+$/);
      expect(error).toMatch(/^instance slow\/1#0 was lost: .+ \(batch \d+, 3 rows\)$/);
    }
    // Those that waited are answered by the instance that comes in its place.
    const answers = await Promise.all(waiting);
    expect(answers.map(({ values }) => values?.[1])).toEqual([4, 5, 6]);
    expect(t.served('slow').instances.map(({ name }) => name)).toEqual(['slow/1#1']);
    expect(marks.filter(({ kind }) => kind === 'instance').map(({ text }) => text)).toEqual([
      expect.stringContaining('slow/1#0 was lost'),
    ]);
    expect(t.counters('slow')).toMatchObject({
      requestsOk: 3,
      requestsFailed: { INSTANCE_LOST: 3 },
      executionCount: 1,
      inferenceCount: 3,
      departures: { preferred: 2 },
      queueLength: 0,
      inFlight: 0,
    });
    expect(t.engine.registry.recentBatches('slow')[0]).toMatchObject({
      rows: 3,
      error: expect.stringContaining('was lost'),
    });
  });

  test('does not take the other instances with it', LIMIT, async () => {
    const t = await start({
      models: {
        'slow/config.pbtxt': simulatedConfig({ baseUs: 2_000_000, more: 'instance_group [ { count: 2 } ]' }),
      },
    });
    const both = [fullBatch(t, 1), fullBatch(t, 2)];
    await waitUntil('both run', () => t.served('slow').instances.every(({ state }) => state === 'busy'));
    await t.served('slow').instances[0]?.kill();
    const answers = await Promise.all(both);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    await waitUntil('two serve again', () => t.engine.registry.summary('slow').instancesReady === 2);
  });
});

test('an instance killed inside the runtime does not take the process with it', LIMIT, async () => {
  const t = await start({ models: { 'heavy/1/model.onnx': rotatingModel(1024, 100) } });
  const traffic = new Traffic(t.http, [rotatingQuestion('heavy', 1024, 100)], 3);
  for (let kill = 0; kill < 3; kill++) {
    const busy = () => t.served('heavy').instances.find(({ state }) => state === 'busy');
    const instance = await waitUntil('it runs', busy, { everyTurn: true });
    await instance.kill();
    await waitUntil('it is replaced', () => t.engine.registry.summary('heavy').instancesReady === 1);
    // The runs of before end meanwhile, in threads that were given up.
    const { right } = traffic;
    await waitUntil('it answers again', () => traffic.right > right + 3);
  }
  await traffic.stop();
  expect(traffic.faults).toEqual([]);
  expect(Object.keys(traffic.errorsByCode())).toEqual(['INSTANCE_LOST']);
});

test(
  'a full queue is an immediate 503 with Retry-After, and who waits is still answered',
  LIMIT,
  async () => {
    const t = await start({
      models: {
        'slow/config.pbtxt': simulatedConfig({
          baseUs: 2_000_000,
          more: 'dynamic_batching { default_queue_policy { max_queue_size: 2 } }',
        }),
      },
    });
    let answered = 0;
    const accepted = oneRow(t, 1).finally(() => answered++);
    await waitUntil('it runs', () => t.counters('slow').inFlight === 1);
    const waiting = [oneRow(t, 2), oneRow(t, 3)];
    await waitUntil('two wait', () => t.counters('slow').queueLength === 2);
    const refused = await oneRow(t, 4);
    expect(answered).toBe(0);
    expect({ status: refused.status, code: refused.headers['ferry-error-code'] }).toEqual({
      status: 503,
      code: 'QUEUE_FULL',
    });
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.error).toMatch(/"slow" is full: 2 requests wait, max_queue_size is 2/);
    const answers = await Promise.all([accepted, ...waiting]);
    expect(answers.map(({ values }) => values?.[0])).toEqual([1, 2, 3]);
  },
);

describe('a stop', () => {
  test('answers what is under way and what waits, and takes nothing new', LIMIT, async () => {
    const t = await start({ models: { 'slow/config.pbtxt': simulatedConfig({ baseUs: 1_000_000 }) } });
    const asked = [fullBatch(t, 1), fullBatch(t, 2), fullBatch(t, 3)];
    await waitUntil('all are in', () => {
      const { queueLength, inFlight } = t.counters('slow');
      return queueLength + inFlight === 3;
    });
    const stopped = t.engine.stop('enough');
    const late = await fullBatch(t, 4).catch((error: NodeJS.ErrnoException) => ({
      status: 0,
      headers: {},
      error: error.code,
    }));
    expect([503, 0]).toContain(late.status);
    const answers = await Promise.all(asked);
    expect(answers.map(({ status, values }) => [status, values?.[15]])).toEqual([
      [200, 1],
      [200, 2],
      [200, 3],
    ]);
    await stopped;
    expect(t.engine.status.state).toBe('stopped');
    await expect(fullBatch(t, 5)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test(
    'does not wait longer than the drain limit for a model that does not come to an end',
    LIMIT,
    async () => {
      const t = await start({
        models: { 'slow/config.pbtxt': simulatedConfig({ baseUs: 60_000_000 }) },
        argv: ['--drain-timeout-ms', '200'],
      });
      const asked = [oneRow(t, 1), oneRow(t, 2), oneRow(t, 3)].map((answer) =>
        answer.catch((error: NodeJS.ErrnoException) => error.code),
      );
      await waitUntil('all are in', () => {
        const { queueLength, inFlight } = t.counters('slow');
        return queueLength + inFlight === 3;
      });
      let stopped = false;
      void t.engine.stop('enough').then(() => (stopped = true));
      // A minute would be the batch's own time.
      await waitUntil('it has stopped', () => stopped, { limitMs: 15_000 });
      await Promise.all(asked);
    },
  );

  test(
    'is followed by a start that serves what was loaded before, with the settings it had',
    LIMIT,
    async () => {
      const folder = temporaryFolder();
      try {
        const models = {
          'kept/1/model.onnx': addingModel(['batch', 2]),
          'left/1/model.onnx': addingModel(['batch', 2]),
        };
        const first = await startEngine({ folder, models });
        await first.control.calls.updateSettings.mutate({
          name: 'kept',
          patch: { maxBatchSize: 5, maxQueueDelayUs: 700 },
        });
        await first.control.calls.unloadModel.mutate({ name: 'left' });
        await first.close();

        const t = await start({ folder });
        expect(t.engine.registry.summary('kept')).toMatchObject({
          state: 'ready',
          settings: { maxBatchSize: 5, maxQueueDelayUs: 700 },
        });
        expect(t.engine.registry.summary('left').state).toBe('unavailable');
        expect((await oneRow(t, 1, 'kept')).values).toEqual(Float32Array.of(2, 2));
        const away = await oneRow(t, 1, 'left');
        expect([away.status, away.headers['ferry-error-code']]).toEqual([503, 'MODEL_NOT_READY']);
        expect(away.error).toMatch(/"left" is unavailable: not loaded/);
        // What was unloaded on purpose does not keep the server from being ready.
        expect((await t.http.get('/v2/health/ready')).status).toBe(200);
        await t.close();
        open.length = 0;
      } finally {
        folder.remove();
      }
    },
  );
});

test.each([
  ['--http-port', (t: TestEngine) => t.engine.status.http?.port],
  ['--control-port', (t: TestEngine) => t.engine.status.control?.port],
])(
  'a taken port (%s) is said with what to do, and nothing is left of the attempt',
  LIMIT,
  async (flag, portOf) => {
    const t = await start({ models: { 'm/1/model.onnx': addingModel(['batch', 2]) } });
    const folder = temporaryFolder();
    try {
      folder.write({ 'models/m/1/model.onnx': addingModel(['batch', 2]) });
      const port = Number(portOf(t));
      const second = createEngine(optionsOf(folder.path, [flag, String(port)]));
      const error = await second.start().then(
        () => null,
        (reason: { code: string; message: string }) => reason,
      );
      expect(error?.code).toBe('PORT_IN_USE');
      expect(error?.message).toContain(String(port));
      expect(error?.message).toContain('--port');
      expect(second.status.state).toBe('stopped');
      // The one that has the port is not disturbed.
      expect((await oneRow(t, 1, 'm')).status).toBe(200);
    } finally {
      folder.remove();
    }
  },
);

describe('a connection', () => {
  const frame = (value: number): string => {
    const body = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [value, value] }],
    });
    return `POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n`;
  };
  const bodyOf = (value: number): string =>
    JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [value, value] }] });
  const talk = (t: TestEngine) => {
    const socket = connect(t.http.port, t.http.host);
    let heard = '';
    socket.on('data', (chunk) => (heard += String(chunk)));
    return { socket, heard: () => heard };
  };

  test('with several requests at once gets their answers in their order', LIMIT, async () => {
    const t = await start({ models: { 'm/1/model.onnx': addingModel(['batch', 2]) } });
    const { socket, heard } = talk(t);
    const values = Array.from({ length: 20 }, (_, i) => i);
    socket.write(values.map((value) => `${frame(value)}\r\n${bodyOf(value)}`).join(''));
    const data = () => [...heard().matchAll(/"data":\[(\d+)\.0,/g)].map(([, text]) => Number(text));
    await waitUntil('all are answered', () => data().length === values.length);
    expect(data()).toEqual(values.map((value) => value + 1));
    socket.destroy();
  });

  test('that asks before it sends its body is told to go on', LIMIT, async () => {
    const t = await start({ models: { 'm/1/model.onnx': addingModel(['batch', 2]) } });
    const { socket, heard } = talk(t);
    socket.write(`${frame(6)}Expect: 100-continue\r\n\r\n`);
    await waitUntil('it may go on', () => heard().startsWith('HTTP/1.1 100 '));
    socket.write(bodyOf(6));
    await waitUntil('it is answered', () => heard().includes('"data":[7.0,7.0]'));
    socket.destroy();
  });
});

describe('models of all kinds', () => {
  test('one whose file fixes the batch is served, unbatched, and says why', LIMIT, async () => {
    const t = await start({ models: { 'fixed/1/model.onnx': fixedBatchModel() } });
    const { registry } = t.engine;
    expect(registry.summary('fixed')).toMatchObject({
      state: 'ready',
      batchable: false,
      batchingNote: expect.stringContaining('"x" has the fixed first dimension 1'),
      settings: { batching: 'off', maxBatchSize: 1 },
    });
    const answers = await Promise.all(
      [1, 2, 3, 4].map((value) => t.http.inferFloats('fixed', [1, 3], new Float32Array(3).fill(value))),
    );
    expect(answers.map(({ values }) => values?.[2])).toEqual([2, 3, 4, 5]);
    expect(t.counters('fixed')).toMatchObject({ executionCount: 4, departures: { unbatched: 4 } });
    const wrong = await t.http.inferFloats('fixed', [2, 3], new Float32Array(6));
    expect([wrong.status, wrong.error]).toEqual([400, expect.stringMatching(/"x".*\[2, ?3\].*\[1, 3\]/)]);
  });

  test('one with scalars takes and gives them', LIMIT, async () => {
    const t = await start({ models: { 'scalar/1/model.onnx': scalarModel() } });
    const answer = await t.http.infer('scalar', {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [], data: [41] }],
    });
    expect(answer.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [], data: [42] }]);
    expect((await t.http.inferFloats('scalar', [], Float32Array.of(1))).values).toEqual(Float32Array.of(2));
    expect(t.engine.registry.summary('scalar').batchingNote).toContain('scalar');
  });

  test('every datatype of the runtime passes through, stacked with others of its kind', LIMIT, async () => {
    const samples: readonly (readonly [Datatype, readonly unknown[]])[] = [
      ['BOOL', [true, false]],
      ['UINT8', [0, 255]],
      ['UINT16', [1, 65_535]],
      ['UINT32', [2, 4_294_967_295]],
      ['UINT64', [3, 4]],
      ['INT8', [-128, 127]],
      ['INT16', [-32_768, 32_767]],
      ['INT32', [-2_147_483_648, 5]],
      ['INT64', [-6, 7]],
      ['FP16', [0.5, -65_504]],
      ['FP32', [0.25, -1e30]],
      ['FP64', [0.1, -1e300]],
      ['BYTES', ['', 'Überfahrt']],
    ];
    const model = identityModel(samples.map(([datatype]) => ({ datatype, shape: ['batch', 2] })));
    const config =
      'max_batch_size: 8 dynamic_batching { max_queue_delay_microseconds: 50000 preferred_batch_size: [ 3 ] }';
    const t = await start({ models: { 'all/1/model.onnx': model, 'all/config.pbtxt': config } });
    const ask = (rows: number) =>
      t.http.infer('all', {
        inputs: samples.map(([datatype, data], i) => ({
          name: `x${i}`,
          datatype,
          shape: [rows, 2],
          data: Array.from({ length: rows }, () => data).flat(),
        })),
      });
    const answers = await Promise.all([ask(1), ask(2)]);
    for (const [i, answer] of answers.entries()) {
      expect(answer.error).toBe('');
      const rows = i + 1;
      expect(answer.outputs.map(({ datatype, shape }) => [datatype, shape])).toEqual(
        samples.map(([datatype]) => [datatype, [rows, 2]]),
      );
      for (const [at, [datatype, data]] of samples.entries()) {
        const expected = Array.from({ length: rows }, () => data).flat();
        const given = answer.outputs[at]?.data as unknown[];
        if (datatype === 'FP32')
          expect(given.map((value) => Math.fround(Number(value)))).toEqual(
            expected.map((value) => Math.fround(Number(value))),
          );
        else expect(given, datatype).toEqual(expected);
      }
    }
    expect(t.counters('all')).toMatchObject({ executionCount: 1, batchSizes: [[3, 1]] });
  });

  test('whole numbers beyond what a double holds come back digit for digit', LIMIT, async () => {
    const model = identityModel([{ datatype: 'INT64', shape: ['batch'] }]);
    const t = await start({ models: { 'big/1/model.onnx': model } });
    const answer = await t.http.infer(
      'big',
      '{"inputs":[{"name":"x","datatype":"INT64","shape":[2,1],"data":[9223372036854775807,-9007199254740993]}]}',
    );
    expect(answer.body.toString()).toContain('"data":[9223372036854775807,-9007199254740993]');
  });
});

describe('versions', () => {
  const config = (policy: string): string => `max_batch_size: 8\nversion_policy { ${policy} }\n`;
  const ask = async (t: TestEngine, version: string | null) => {
    const input = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [10, 20] };
    const { status, headers, json, outputs } = await t.http.infer('v', { inputs: [input] }, version);
    return {
      status,
      code: headers['ferry-error-code'],
      version: (json as { model_version?: string }).model_version,
      data: outputs[0]?.data,
    };
  };

  test(
    'answer under their own address, the newest under none, and follow the policy on disk',
    LIMIT,
    async () => {
      const t = await start({
        models: {
          'v/1/model.onnx': addingModel(['batch', 2], 1),
          'v/2/model.onnx': addingModel(['batch', 2], 2),
          'v/10/model.onnx': addingModel(['batch', 2], 10),
          'v/config.pbtxt': config('specific { versions: [ 1, 10 ] }'),
        },
      });
      expect(await ask(t, null)).toEqual({ status: 200, code: undefined, version: '10', data: [20, 30] });
      expect(await ask(t, '1')).toEqual({ status: 200, code: undefined, version: '1', data: [11, 21] });
      expect(await ask(t, '2')).toMatchObject({ status: 503, code: 'MODEL_NOT_READY' });
      expect(await ask(t, '3')).toMatchObject({ status: 404, code: 'VERSION_NOT_FOUND' });
      expect((await t.http.get('/v2/models/v')).json).toMatchObject({ name: 'v', versions: ['1', '10'] });
      expect((await t.http.get('/v2/models/v/versions/1/ready')).status).toBe(200);
      expect((await t.http.get('/v2/models/v/versions/2/ready')).status).toBeGreaterThanOrEqual(400);

      t.write({ 'v/config.pbtxt': config('specific { versions: [ 2 ] }') });
      await t.control.calls.rescan.mutate();
      expect(t.engine.registry.summary('v').versionsReady).toEqual(['2']);
      expect(await ask(t, null)).toMatchObject({ status: 200, version: '2', data: [12, 22] });
      expect(await ask(t, '10')).toMatchObject({ status: 503, code: 'MODEL_NOT_READY' });
    },
  );
});

test(
  'reloading, new versions and removed versions lose no request of the traffic meanwhile',
  LIMIT,
  async () => {
    const t = await start({
      models: {
        'plus/1/model.onnx': addingModel(['batch', 2]),
        'pair/1/model.onnx': sumAndDifferenceModel(),
      },
    });
    const traffic = new Traffic(t.http, [addingQuestion('plus', () => [2]), pairQuestion('pair')], 8);
    const { calls } = t.control;
    for (let round = 0; round < 3; round++) {
      await Promise.all([calls.loadModel.mutate({ name: 'plus' }), calls.loadModel.mutate({ name: 'pair' })]);
    }
    t.write({ 'plus/2/model.onnx': addingModel(['batch', 2]) });
    await calls.rescan.mutate();
    expect(t.engine.registry.summary('plus').versionsReady).toEqual(['2']);
    t.write({ 'plus/2/model.onnx': 'not a model any more' });
    await calls.rescan.mutate();
    const broken = t.engine.registry.summary('plus');
    expect(broken).toMatchObject({
      state: 'ready',
      versionsReady: ['2'],
      reason: expect.stringMatching(/version 2/),
    });
    await traffic.stop();
    expect(traffic.faults).toEqual([]);
    expect(traffic.refusals).toEqual([]);
    expect(traffic.right).toBeGreaterThan(50);
    expect(t.counters('plus').requestsOk).toBe(traffic.tally('plus').right);
  },
);
