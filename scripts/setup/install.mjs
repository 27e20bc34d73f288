import { existsSync } from 'node:fs';
import { fromRoot } from './paths.mjs';
import { run } from './run.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';
import { StepError } from './step.mjs';

const stampName = 'install';

/**
 * Installs what package-lock.json names, when it changed since the last time. No package's own install script runs
 * here: Electron's and onnxruntime-node's are steps of their own, with a time limit and a fallback.
 * @returns {Promise<import('./step.mjs').StepOutcome>}
 */
export async function install() {
  const hash = hashOf({
    texts: [process.platform, process.arch],
    files: [fromRoot('package-lock.json')],
  });
  if (existsSync(fromRoot('node_modules', '.package-lock.json')) && readStamp(stampName) === hash) {
    return { text: 'up to date', timed: false };
  }
  const { status, output } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (status !== 0) throw new StepError('npm ci did not finish', output);
  writeStamp(stampName, hash);
  return { text: 'done' };
}
