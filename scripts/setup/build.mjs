import { existsSync } from 'node:fs';
import { fromRoot, outDir } from './paths.mjs';
import { filesBelow } from './source-files.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';
import { StepError } from './step.mjs';
import { runTool } from './tool.mjs';

const stampName = 'build';

const sources = [
  'engine',
  'electron',
  'renderer',
  'assets',
  'package.json',
  'package-lock.json',
  'electron.vite.config.ts',
  'scripts/packaging/bundled-packages-plugin.ts',
].map((path) => fromRoot(path));

const results = [
  'main/main.js',
  'main/engine.js',
  'main/cli.js',
  'preload/preload.cjs',
  'renderer/index.html',
].map((path) => `${outDir}/${path}`);

/**
 * Builds the app, the engine and the console into out/, when a source or the way of building changed.
 * @param {{ force?: boolean }} [options]
 * @returns {Promise<import('./step.mjs').StepOutcome>}
 */
export async function build({ force = false } = {}) {
  const hash = hashOf({ files: filesBelow(sources, isSource) });
  if (!force && results.every((file) => existsSync(file)) && readStamp(stampName) === hash) {
    return { text: 'up to date', timed: false };
  }
  const { status, output } = await runTool('electron-vite', ['build'], { env: { NODE_ENV: 'production' } });
  if (status !== 0) throw new StepError('electron-vite build did not finish', output);
  const lacking = results.filter((file) => !existsSync(file));
  if (lacking.length > 0) throw new StepError(`the build left out ${lacking.join(', ')}`, output);
  writeStamp(stampName, hash);
  return { text: 'done' };
}

/** @param {string} path */
const isSource = (path) => !/\.test\.tsx?$|\.md$|[\\/]testing[\\/]/.test(path);
