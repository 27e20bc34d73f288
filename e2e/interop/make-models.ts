import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datatypeSchema } from '../../engine/contract';
import { testModels } from './test-models';

/**
 * Writes the repository of the interoperability tests twice: DIR/ferry with ONNX files, and DIR/triton with the same
 * configurations, where a Python model stands in for the ONNX Runtime backend, which the packaged Triton does not have.
 *
 *   npx tsx e2e/interop/make-models.ts DIR
 */
const here = dirname(fileURLToPath(import.meta.url));

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function makeModels(folder: string): number {
  const models = testModels(datatypeSchema.options);
  for (const { name, config, simulatedUs, versions, files = {} } of models) {
    const simulated = simulatedUs !== undefined;
    const own = simulated
      ? `backend: "ferry_simulated"
parameters { key: "ferry.simulated.base_us" value { string_value: "${simulatedUs}" } }
parameters { key: "ferry.simulated.per_row_us" value { string_value: "0" } }\n`
      : 'backend: "onnxruntime"\n';
    write(join(folder, 'ferry', name, 'config.pbtxt'), own + config);
    write(join(folder, 'triton', name, 'config.pbtxt'), `backend: "python"\n${config}`);
    for (const [path, content] of Object.entries(files)) {
      for (const side of ['ferry', 'triton']) write(join(folder, side, name, path), content);
    }
    for (const [version, { onnx, kind }] of Object.entries(versions)) {
      const file = simulated ? 'README.txt' : 'model.onnx';
      write(join(folder, 'ferry', name, version, file), onnx ?? 'a simulated device has no model file\n');
      const target = join(folder, 'triton', name, version);
      write(join(target, 'kind.json'), JSON.stringify({ kind, seconds: (simulatedUs ?? 0) / 1e6 }));
      cpSync(join(here, 'triton_model.py'), join(target, 'model.py'));
    }
  }
  return models.length;
}

const folder = process.argv[2];
if (folder === undefined) {
  console.error('Usage: npx tsx e2e/interop/make-models.ts DIR');
  process.exitCode = 2;
} else {
  console.log(`${makeModels(folder)} models in ${folder}`);
}
