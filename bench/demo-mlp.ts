import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { silentLogger, systemClock } from '../engine/base';
import { schedulingConfigOf } from '../engine/config';
import type { ModelSettings, TensorSpec } from '../engine/contract';
import type { InferenceRequest } from '../engine/inference';
import { DeviceBusy, ModelStats } from '../engine/metrics';
import { ServedModel } from '../engine/models';
import { modelSettings } from '../engine/testing/model-summary';

export const DEMO_ROW = 512;
export const DEMO_PATH = fileURLToPath(
  new URL('../out/starter-models/demo-mlp/1/model.onnx', import.meta.url),
);

if (!existsSync(DEMO_PATH)) {
  console.error(
    'the starter models are missing: run `npm start -- --help` once, or `npm test`, which make them',
  );
  process.exit(2);
}

const tensor = (name: string): TensorSpec => ({
  name,
  datatype: 'FP32',
  shape: [-1, DEMO_ROW],
  dimNames: ['batch', null],
  optional: false,
});

const SETTINGS = modelSettings({ maxQueueSize: 1_000_000 });

/** The demo MLP behind the engine's own batcher and instance, in process, without a door. */
export async function serveDemo(settings: Partial<ModelSettings> = {}): Promise<ServedModel> {
  let batchId = 0;
  const served = new ServedModel(
    {
      name: 'demo-mlp',
      version: '1',
      tensors: {
        inputs: [tensor('input')],
        outputs: [tensor('output')],
        inputReshapes: new Map(),
        outputReshapes: new Map(),
      },
      stacks: true,
      scheduling: schedulingConfigOf({}),
      settings: { ...SETTINGS, ...settings },
      cpuBudget: 1,
      fileSizeBytes: 0,
      instanceSpecOf: ({ executionProviders, intraOpThreads }) => ({
        backend: 'onnxruntime',
        modelPath: DEMO_PATH,
        executionProviders,
        intraOpThreads,
      }),
    },
    new ModelStats('demo-mlp', null),
    {
      clock: systemClock(),
      logger: silentLogger,
      deviceBusy: new DeviceBusy(),
      metrics: null,
      deviceOf: () => 'cpu',
      nextBatchId: () => ++batchId,
      onInstanceLost: () => undefined,
      onInstancesChanged: () => undefined,
      onScaled: () => undefined,
    },
  );
  await served.start();
  return served;
}

/** One row of numbers, with a buffer of its own. */
export function demoRequest(seed: number): InferenceRequest {
  const row = Float32Array.from({ length: DEMO_ROW }, (_, i) => Math.sin(seed * 31 + i));
  return {
    model: 'demo-mlp',
    version: null,
    id: '',
    outputs: null,
    binaryByDefault: true,
    parameters: new Map(),
    inputs: [{ name: 'input', datatype: 'FP32', shape: [1, DEMO_ROW], data: new Uint8Array(row.buffer) }],
  };
}

/** The bare device: a session on this thread with one thread of its own, as the engine's instance has. */
export async function bareSession(): Promise<(batch: number) => Promise<unknown>> {
  const session = await InferenceSession.create(DEMO_PATH, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return (batch) =>
    session.run({
      input: new Tensor('float32', new Float32Array(batch * DEMO_ROW).fill(0.5), [batch, DEMO_ROW]),
    });
}

/** Runs `once` again and again for about `forMs`; gives how often and how long it really took. */
export async function loopFor(
  forMs: number,
  once: () => Promise<unknown>,
): Promise<{ readonly times: number; readonly seconds: number }> {
  const began = performance.now();
  let times = 0;
  while (performance.now() - began < forMs) {
    await once();
    times++;
  }
  return { times, seconds: (performance.now() - began) / 1000 };
}
