import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';

// In the build this file is out/main/main.js; what it needs lies beside it, in the asar as in the work tree.
const here = fileURLToPath(new URL('.', import.meta.url));

export const engineFile = join(here, 'engine.js');
export const preloadFile = join(here, '..', 'preload', 'preload.cjs');
export const rendererFolder = join(here, '..', 'renderer');

/** @param name a file below assets/icons */
export const iconFile = (name: string): string => join(app.getAppPath(), 'assets', 'icons', name);

/** Call after `--user-data-dir` has been obeyed. */
export function userPaths() {
  const userData = app.getPath('userData');
  return {
    windowStateFile: join(userData, 'window.json'),
    preferencesFile: join(userData, 'preferences.json'),
    engineLogFile: join(userData, 'logs', 'engine-output.log'),
    dataFolder: join(userData, 'data'),
    starterModelsFolder: app.isPackaged
      ? join(process.resourcesPath, 'starter-models')
      : join(app.getAppPath(), 'out', 'starter-models'),
  };
}
