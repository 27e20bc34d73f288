import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linearModel } from '../../engine/testing/onnx-writer';
import { DEMO_PATH } from '../demo-mlp';

/** What is measured: names of input and output, and values a row. */
export const PEER_MODELS = [
  { name: 'tiny', input: 'x', output: 'y', row: 64 },
  { name: 'demo-mlp', input: 'input', output: 'output', row: 512 },
] as const;
export type PeerModel = (typeof PEER_MODELS)[number];

const MAX_BATCH = 16;

/**
 * The same two models for Ferry and for Triton, whose Python backend runs them by ONNX Runtime: one instance, one thread, batches of
 * up to 16 that wait for at most `delayUs`.
 */
export function writePeerRepositories(folder: string, delayUs: number): void {
  for (const model of PEER_MODELS) {
    for (const side of ['ferry', 'triton'] as const) {
      const version = join(folder, side, model.name, '1');
      mkdirSync(version, { recursive: true });
      if (model.name === 'tiny') writeFileSync(join(version, 'model.onnx'), tinyModel(model.row));
      else cpSync(DEMO_PATH, join(version, 'model.onnx'));
      writeFileSync(join(dirname(version), 'config.pbtxt'), configOf(model, side, delayUs));
    }
    cpSync(
      fileURLToPath(new URL('triton_model.py', import.meta.url)),
      join(folder, 'triton', model.name, '1', 'model.py'),
    );
  }
}

function tinyModel(row: number): Uint8Array {
  const weights = Float32Array.from({ length: row * row }, (_, i) => Math.sin(i * 12.9898) / Math.sqrt(row));
  return linearModel(row, row, weights).file;
}

function configOf({ input, output, row }: PeerModel, side: 'ferry' | 'triton', delayUs: number): string {
  return `backend: "${side === 'ferry' ? 'onnxruntime' : 'python'}"
max_batch_size: ${MAX_BATCH}
input [ { name: "${input}" data_type: TYPE_FP32 dims: [ ${row} ] } ]
output [ { name: "${output}" data_type: TYPE_FP32 dims: [ ${row} ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
dynamic_batching { max_queue_delay_microseconds: ${delayUs} }
parameters { key: "intra_op_thread_count" value { string_value: "1" } }
`;
}
