import { readFileSync } from 'node:fs';
import { fromRoot } from './paths.mjs';
import { run } from './run.mjs';

/**
 * The script behind a package's command, so that it runs on this very Node, without npx or a shell.
 * @param {string} packageName
 * @param {string} [command] when the package has several
 */
export function toolPath(packageName, command) {
  const folder = fromRoot('node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = typeof bin === 'string' ? bin : (bin[command ?? ''] ?? Object.values(bin)[0]);
  return fromRoot('node_modules', packageName, file);
}

/**
 * Runs a package's command.
 * @param {string} packageName
 * @param {string[]} args
 * @param {import('./run.mjs').RunOptions & { command?: string }} [options]
 */
export function runTool(packageName, args, { command, ...options } = {}) {
  return run(process.execPath, [toolPath(packageName, command), ...args], options);
}
