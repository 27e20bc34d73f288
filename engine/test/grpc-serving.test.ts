import { status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { GrpcTestClient } from '../testing/grpc-client';
import { simulatedConfig } from './arithmetic-models';
import { startEngine, type TestEngine } from './start-engine';
import { waitUntil } from './wait-until';

let engine: TestEngine | null = null;
let client: GrpcTestClient | null = null;
afterEach(async () => {
  client?.close();
  await engine?.close();
});

test('the engine serves over gRPC, and a call that expires leaves the queue and is counted', async () => {
  engine = await startEngine({ models: { 'slow/config.pbtxt': simulatedConfig({ baseUs: 300_000 }) } });
  const { grpc } = engine.engine.status;
  client = new GrpcTestClient(grpc?.port ?? 0);
  const { inputs } = (await client.call('ModelMetadata', { name: 'slow' })) as {
    inputs: { name: string; shape: string[] }[];
  };
  const [{ name, shape }] = inputs as [{ name: string; shape: string[] }];
  const full = shape.map((dim) => Math.abs(Number(dim)));
  const bytes = full.reduce((product, dim) => product * dim, 1) * 4;
  const request = {
    model_name: 'slow',
    inputs: [{ name, datatype: 'FP32', shape: full }],
    raw_input_contents: [Buffer.alloc(bytes)],
  };
  const first = client.call('ModelInfer', request);
  await waitUntil('it runs', () => engine?.counters('slow').inFlight === 1);
  const late = client.call('ModelInfer', request, { deadline: new Date(Date.now() + 100) });
  await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  await waitUntil('it has left the queue', () => engine?.counters('slow').queueLength === 0);
  expect(await first).toMatchObject({ model_name: 'slow', model_version: '1' });
  const { model_stats } = (await client.call('ModelStatistics', { name: 'slow' })) as {
    model_stats: { inference_stats: { success: { count: string }; fail: { count: string } } }[];
  };
  expect(model_stats[0]?.inference_stats).toMatchObject({ success: { count: '1' }, fail: { count: '1' } });
});
