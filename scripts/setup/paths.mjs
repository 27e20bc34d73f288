import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What set-up keeps between runs: stamps, the fallback Electron, reports. Safe to delete. */
export const ferryDir = join(root, '.ferry');

export const outDir = join(root, 'out');
export const reportsDir = join(ferryDir, 'reports');
export const starterModelsDir = join(outDir, 'starter-models');
export const testEnvFile = join(ferryDir, 'test-env.json');

/** @param {...string} parts */
export const fromRoot = (...parts) => join(root, ...parts);
