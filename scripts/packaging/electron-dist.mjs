import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ferryDir } from '../setup/paths.mjs';

/**
 * @typedef {object} Dist
 * @property {string} folder
 * @property {string} version
 */

/**
 * A dist folder that electron-builder can pack. The fallback's carries the stub that runs folders, which no packaged
 * app may contain: a copy without it is made.
 * @param {import('../setup/electron.mjs').Electron} electron
 * @returns {Dist}
 */
export function packableDist({ folder, version }) {
  const stub = join(folder, 'resources', 'app');
  if (!existsSync(stub)) return { folder, version };
  const copy = join(ferryDir, 'electron', `${version}-to-pack`);
  rmSync(copy, { recursive: true, force: true });
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => path !== stub });
  return { folder: copy, version };
}
