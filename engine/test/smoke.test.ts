import { expect, test } from 'vitest';
import { addingModel, rotatingModel, sumAndDifferenceModel } from './arithmetic-models';
import { startEngine } from './start-engine';
import { waitUntil } from './wait-until';

test('smoke', async () => {
  const t = await startEngine({ models: { 'plus/1/model.onnx': addingModel(['batch', 3]), 'sd/1/model.onnx': sumAndDifferenceModel(), 'rot/1/model.onnx': rotatingModel(1024, 24) } });
  try {
    const a = await t.http.infer('plus', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] });
    console.log(a.status, a.body.toString(), a.headers);
    const b = await t.http.infer('sd', { inputs: [{ name: 'a', datatype: 'INT64', shape: [1, 2], data: [1, 2] }, { name: 'b', datatype: 'INT64', shape: [1, 2], data: [10, 20] }] });
    console.log(b.status, b.body.toString());
    const x = Float32Array.from({ length: 1024 }, (_, i) => i);
    const began = performance.now();
    const c = await t.http.inferFloats('rot', [1, 1024], x);
    console.log(c.status, c.error, c.values?.slice(0, 5), performance.now() - began);
    const p = t.http.inferFloats('rot', [1, 1024], x);
    await waitUntil('busy', () => t.served('rot').instances.some((i) => i.state === 'busy'), { everyTurn: true });
    await t.served('rot').instances[0]!.kill();
    console.log(await p);
    console.log(await t.control.calls.updateSettings.mutate({ name: 'rot', patch: { maxQueueDelayUs: 500 } }));
    console.log(await t.http.inferFloats('rot', [1, 1024], x).then((r) => r.values?.slice(0, 3)));
  } finally {
    await t.close();
  }
  console.log(process.getActiveResourcesInfo());
}, 30000);
