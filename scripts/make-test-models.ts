import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Datatype, datatypeSchema } from '../engine/contract';
import { doublingModel, identityModel, linearModel } from '../engine/testing/onnx-writer';

/**
 * Writes a repository of tiny models, one of each kind that Ferry serves, to try things by hand:
 *
 *   npx tsx scripts/make-test-models.ts DIR
 *
 * Tests do not need it: each makes its own models with engine/testing/onnx-writer.ts.
 */
function testModels(): Readonly<Record<string, string | Uint8Array>> {
  const files: Record<string, string | Uint8Array> = {};
  // ONNX Runtime's Node binding does not carry BF16.
  for (const datatype of datatypeSchema.options.filter(
    (option): option is Exclude<Datatype, 'BF16'> => option !== 'BF16',
  )) {
    files[`identity-${datatype.toLowerCase()}/1/model.onnx`] = identityModel([
      { datatype, shape: ['batch', 3] },
    ]);
  }
  files['double-fp32/1/model.onnx'] = doublingModel('FP32', ['batch', 4]);
  files['two-inputs/1/model.onnx'] = identityModel([
    { datatype: 'INT64', shape: ['batch', 'length'] },
    { datatype: 'BYTES', shape: ['batch', 1] },
  ]);
  files['fixed-batch/1/model.onnx'] = identityModel([{ datatype: 'FP32', shape: [1, 3] }]);
  files['scalar/1/model.onnx'] = identityModel([{ datatype: 'FP32', shape: [] }]);
  files['two-versions/1/model.onnx'] = identityModel([{ datatype: 'FP32', shape: ['batch', 3] }]);
  files['two-versions/2/model.onnx'] = doublingModel('FP32', ['batch', 3]);
  files['two-versions/config.pbtxt'] = 'version_policy { all { } }\n';
  const { file, externalData } = linearModel(3, 2, new Float32Array([1, 0, 0, 1, 1, 1]), 'weights.bin');
  files['external-data/1/model.onnx'] = file;
  files['external-data/1/weights.bin'] = externalData ?? '';
  return files;
}

const folder = process.argv[2];
if (folder === undefined) {
  console.error('Usage: npx tsx scripts/make-test-models.ts DIR');
  process.exitCode = 2;
} else {
  const files = Object.entries(testModels());
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  console.log(`${files.length} files in ${resolve(folder)}`);
}
