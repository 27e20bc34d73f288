// Writes the models that a newcomer sees first, as a model repository: out/starter-models/.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { starterModelsDir } from './setup/paths.mjs';
import { demoMlp } from './starter-models/demo-mlp.mjs';
import { writeModelFolder } from './starter-models/model-folder.mjs';
import { ocrModels } from './starter-models/ocr-models.mjs';
import { simulatedGpu } from './starter-models/simulated-gpu.mjs';

/**
 * Builds the whole repository beside its place and then moves it there.
 * @param {string} [folder]
 * @returns {string[]} the models' names
 */
export function makeStarterModels(folder = starterModelsDir) {
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), 'starter-models-'));
  try {
    const models = [demoMlp(), ...ocrModels(), simulatedGpu()];
    for (const model of models) writeModelFolder(work, model);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
    return models.map((model) => model.name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(`${starterModelsDir}: ${makeStarterModels().join(', ')}`);
}
