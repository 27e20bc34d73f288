import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reportsDir } from '../setup/paths.mjs';

/**
 * Where a runner is to write its report; an older one is gone.
 * @param {string} name
 */
export function freshReport(name) {
  mkdirSync(reportsDir, { recursive: true });
  const file = join(reportsDir, name);
  rmSync(file, { force: true });
  return file;
}

/**
 * @param {string} file
 * @returns {string | undefined} undefined when the runner left none
 */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
