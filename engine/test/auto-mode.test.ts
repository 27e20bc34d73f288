import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { parseExposition, seriesValue } from '../testing/exposition';
import { GrpcTestClient } from '../testing/grpc-client';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { addingModel, rotatingModel, simulatedConfig } from './arithmetic-models';
import { startEngine, type TestEngine } from './start-engine';
import { rotatingQuestion, Traffic } from './traffic';
import { waitUntil } from './wait-until';

const WIDTH = 128;
const STEPS = 4;
const AUTO = 'parameters { key: "ferry.batching" value { string_value: "auto" } }';
const rotating = (config: string) => ({
  'm/1/model.onnx': rotatingModel(WIDTH, STEPS),
  'm/config.pbtxt': `max_batch_size: 8\n${config}`,
});
const question = rotatingQuestion('m', WIDTH, STEPS);

let folder: TemporaryFolder | undefined;
const open: TestEngine[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
  folder?.remove();
  folder = undefined;
}, 60_000);

async function start(options: {
  readonly models?: Readonly<Record<string, string | Uint8Array>>;
  readonly folder?: TemporaryFolder;
}): Promise<TestEngine> {
  const engine = await startEngine(options);
  open.push(engine);
  return engine;
}
const summaryOf = ({ engine }: TestEngine, model = 'm') => engine.registry.summary(model);
const told = ({ logs }: TestEngine) =>
  logs.filter(({ scope }) => scope === 'auto').map(({ message }) => message);

describe('a real model in auto mode', () => {
  test('has a curve when it is loaded, predicts its batches, and keeps what it learnt for the next load', async () => {
    folder = temporaryFolder();
    const first = await start({ models: rotating(AUTO), folder });
    const { costCurve, auto } = summaryOf(first);
    expect(costCurve).toMatchObject({ source: 'measured', provider: 'cpu', deviceId: 'cpu' });
    expect(costCurve?.points.map(({ rows }) => rows)).toEqual([1, 2, 3, 4, 5, 6, 8]);
    expect(auto).toMatchObject({ phase: 'break-even', predictionError: null, refused: 0 });
    expect(told(first)).toEqual([
      expect.stringContaining('model "m" version 1: cost curve measured, 7 sizes'),
    ]);

    const traffic = new Traffic(first.http, [question], 4);
    await waitUntil('300 are answered', () => traffic.right >= 300);
    await traffic.stop();
    expect(traffic.faults).toEqual([]);
    const batches = first.engine.registry.recentBatches('m');
    expect(batches.every(({ predictedUs }) => (predictedUs ?? 0) > 0)).toBe(true);
    const ratios = batches
      .map(
        (batch) =>
          (batch.computeInputUs + batch.computeInferUs + batch.computeOutputUs) / (batch.predictedUs ?? 1),
      )
      .sort((a, b) => a - b);
    const middle = ratios[Math.floor(ratios.length / 2)] ?? 0;
    expect(middle).toBeGreaterThan(0.3);
    expect(middle).toBeLessThan(3);
    expect(summaryOf(first).auto?.predictionError).toBeGreaterThan(0);
    const runs = () => summaryOf(first).costCurve?.points.reduce((sum, point) => sum + point.runs, 0) ?? 0;
    const learnt = runs();
    await first.close();
    open.pop();

    const second = await start({ folder });
    expect(summaryOf(second).costCurve).toMatchObject({
      source: 'cache',
      measuredAtMs: costCurve?.measuredAtMs,
    });
    const again = summaryOf(second).costCurve?.points.reduce((sum, point) => sum + point.runs, 0);
    expect(again).toBe(learnt);
    expect(told(second)).toEqual([expect.stringContaining('cost curve of an earlier run')]);
  });

  test('measures again what is damaged or of another kind of session, and says why', async () => {
    folder = temporaryFolder();
    await (await start({ models: rotating(AUTO), folder })).close();
    open.pop();
    const kept = join(folder.path, 'data', 'cost-curves');
    const [file = ''] = readdirSync(kept);
    const whole = readFileSync(join(kept, file), 'utf8');
    writeFileSync(join(kept, file), whole.slice(0, whole.length / 2));
    const second = await start({ folder });
    expect(summaryOf(second).costCurve?.source).toBe('measured');
    expect(told(second)[0]).toContain('the cost curve is measured again: the kept curve cannot be read');

    await second.engine.registry.updateSettings('m', { intraOpThreads: 2 });
    await waitUntil('there is a curve of two threads', () => told(second).length >= 4);
    expect(told(second)[2]).toContain('it was measured with threads 1, now 2');
    await second.engine.registry.updateSettings('m', { maxBatchSize: 16 });
    await waitUntil('the curve goes on', () => summaryOf(second).costCurve?.points.at(-1)?.rows === 16);
    expect(told(second)[4]).toContain('it ends at 8 rows, batches may have 16');
  });

  test('is switched off, fixed and auto under traffic without losing a request', async () => {
    const engine = await start({
      models: rotating('parameters { key: "ferry.auto_warmup" value { string_value: "on" } }'),
    });
    expect(summaryOf(engine)).toMatchObject({ costCurve: null, auto: null });
    const traffic = new Traffic(engine.http, [question], 8);
    const answered = async (more: number) => {
      const before = traffic.right;
      await waitUntil(`${more} more are answered`, () => traffic.right >= before + more);
    };
    await answered(50);
    await engine.engine.registry.updateSettings('m', { batching: 'auto' });
    await waitUntil('it was measured while it serves', () => summaryOf(engine).auto?.phase === 'break-even');
    await answered(50);
    expect(engine.engine.registry.recentBatches('m').at(-1)?.predictedUs).toBeGreaterThan(0);
    for (const batching of ['off', 'auto', 'fixed', 'auto', 'off'] as const) {
      await engine.engine.registry.updateSettings('m', { batching });
      await answered(20);
      expect(summaryOf(engine).auto === null).toBe(batching !== 'auto');
    }
    await traffic.stop();
    expect(traffic.faults).toEqual([]);
    expect(traffic.refusals).toEqual([]);
    expect(traffic.right).toBe(traffic.asked);
  });

  test('learns from traffic where it is not to be run with zeros', async () => {
    const off = 'parameters { key: "ferry.auto_warmup" value { string_value: "off" } }';
    const engine = await start({ models: rotating(`${AUTO}\n${off}`) });
    expect(summaryOf(engine).auto).toMatchObject({
      phase: 'measuring',
      reason: 'the cost curve is learnt from traffic',
    });
    const traffic = new Traffic(engine.http, [question], 2);
    await waitUntil('it has learnt', () => summaryOf(engine).auto?.phase === 'break-even');
    await traffic.stop();
    expect(traffic.faults).toEqual([]);
  });

  test('measures with the shapes of the first request what the model leaves open', async () => {
    const engine = await start({
      models: {
        'm/1/model.onnx': addingModel(['batch', 'width']),
        'm/config.pbtxt': `max_batch_size: 4\n${AUTO}`,
      },
    });
    const { auto, costCurve } = summaryOf(engine);
    expect(costCurve).toBeNull();
    expect(auto?.reason).toBe('the first request says which shapes are measured');
    expect((await engine.http.inferFloats('m', [1, 1000], new Float32Array(1000))).status).toBe(200);
    await waitUntil('it is measured', () => summaryOf(engine).auto?.phase === 'break-even');
    expect(summaryOf(engine).costCurve?.points.map(({ rows }) => rows)).toEqual([1, 2, 3, 4]);
  });

  test('takes no SLO below what one row takes alone, and says it with all else that is wrong', async () => {
    const engine = await start({
      models: { 'm/config.pbtxt': simulatedConfig({ baseUs: 20_000, more: AUTO }) },
    });
    const patch = { sloMs: 5, preferredBatchSizes: [64] };
    await expect(engine.engine.registry.updateSettings('m', patch)).rejects.toThrow(
      /preferredBatchSizes contains 64.*sloMs is 5; one row alone takes 2\d(\.\d)? ms here/,
    );
    expect(summaryOf(engine).settings).toMatchObject({ sloMs: null, preferredBatchSizes: [] });
    await engine.engine.registry.updateSettings('m', { sloMs: 500 });
    expect(summaryOf(engine).settings.sloMs).toBe(500);
  });
});

describe('a model above its capacity', () => {
  const slow = {
    'm/config.pbtxt': simulatedConfig({
      baseUs: 40_000,
      more: `${AUTO}\nparameters { key: "ferry.slo_ms" value { string_value: "150" } }`,
    }),
  };

  test('refuses over HTTP with 503 OVERLOADED and when to come again, and counts it', async () => {
    const engine = await start({ models: slow });
    const burst = Array.from({ length: 120 }, (_, i) =>
      engine.http.inferFloats('m', [1, 2], Float32Array.of(i, -i)),
    );
    const answers = await Promise.all(burst);
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(8);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status: code, headers, error } of refused) {
      expect([code, headers['ferry-error-code']]).toEqual([503, 'OVERLOADED']);
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(error).toMatch(/it would be answered after \d+\.\d ms, the SLO is 150 ms; \d+ rows wait/);
    }
    answers.forEach((answer, i) => {
      if (answer.status === 200) expect([...(answer.values ?? [])]).toEqual([i, -i]);
    });
    const page = parseExposition(await (await fetch(`${engine.engine.status.metrics?.url}/metrics`)).text());
    const counted = (reason: string) =>
      seriesValue(page, 'ferry_rejected_requests_total', { model: 'm', reason });
    expect(counted('OVERLOADED')).toBe(refused.length);
    expect(counted('QUEUE_FULL')).toBe(0);
    expect(summaryOf(engine).auto?.refused).toBe(refused.length);
    expect(engine.engine.registry.recentBatches('m').some(({ reason }) => reason === 'full')).toBe(true);
  });

  test('refuses over gRPC with RESOURCE_EXHAUSTED and when to come again', async () => {
    const engine = await start({ models: slow });
    const client = new GrpcTestClient(engine.engine.status.grpc?.port ?? 0);
    const request = {
      model_name: 'm',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'] }],
      raw_input_contents: [Buffer.alloc(8)],
    };
    try {
      const calls = await Promise.allSettled(
        Array.from({ length: 120 }, () => client.call('ModelInfer', request)),
      );
      const refused = calls.flatMap((call) => (call.status === 'rejected' ? [call.reason] : []));
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(120);
      for (const error of refused) {
        expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
        expect(error.metadata.get('ferry-error-code')).toEqual(['OVERLOADED']);
        expect(Number(error.metadata.get('retry-after')[0])).toBeGreaterThanOrEqual(1);
      }
    } finally {
      client.close();
    }
  });
});
