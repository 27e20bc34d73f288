import { existsSync, readFileSync } from 'node:fs';
import { fromRoot, starterModelsDir } from './paths.mjs';
import { filesBelow } from './source-files.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

const stampName = 'starter-models';

/**
 * Makes the starter models when what makes them, or the package that the weights come from, changed.
 * @returns {Promise<import('./step.mjs').StepOutcome>}
 */
export async function prepareStarterModels() {
  const hash = hashOf({
    texts: [readFileSync(fromRoot('node_modules', '@gutenye', 'ocr-models', 'package.json'), 'utf8')],
    files: filesBelow([
      fromRoot('scripts', 'make-starter-models.mjs'),
      fromRoot('scripts', 'starter-models'),
    ]),
  });
  if (existsSync(starterModelsDir) && readStamp(stampName) === hash)
    return { text: 'up to date', timed: false };
  const { makeStarterModels } = await import('../make-starter-models.mjs');
  const names = makeStarterModels();
  writeStamp(stampName, hash);
  return { text: `${names.length} made` };
}
