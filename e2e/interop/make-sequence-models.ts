import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accumulatorConfig, accumulatorModel } from '../../engine/testing/accumulator-model';

/**
 * Writes stateful ONNX models into DIR, for Ferry alone: the packaged Triton has no ONNX Runtime.
 *
 *   npx tsx e2e/interop/make-sequence-models.ts DIR
 */
const folder = process.argv[2];
if (folder === undefined) {
  console.error('Usage: npx tsx e2e/interop/make-sequence-models.ts DIR');
  process.exit(2);
}

const write = (name: string, onnx: Uint8Array, config: string): void => {
  mkdirSync(join(folder, name, '1'), { recursive: true });
  writeFileSync(join(folder, name, '1', 'model.onnx'), onnx);
  writeFileSync(join(folder, name, 'config.pbtxt'), `backend: "onnxruntime"\n${config}`);
};

const sum = accumulatorModel('batch');
write('sum_direct', sum, accumulatorConfig('direct { }'));
// Fewer seats than the tests have sequences: some wait in the backlog.
write(
  'sum_oldest',
  sum,
  accumulatorConfig('oldest { max_candidate_sequences: 3 max_queue_delay_microseconds: 500 }'),
);
write(
  'sum_text',
  accumulatorModel('batch', 'STRING'),
  accumulatorConfig('direct { }', 'max_batch_size: 4', { idType: 'TYPE_STRING' }),
);
