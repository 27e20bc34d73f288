import type { StartOrder } from '../utility/engine-messages';
import { PAGE_ORIGIN } from './console-protocol';
import { rendererFolder, type userPaths } from './paths';

/** What the engine is told at its start: the operator's options, and the desktop's defaults where there are none. */
export function engineStartOrder(argv: readonly string[], paths: ReturnType<typeof userPaths>): StartOrder {
  return {
    kind: 'start',
    argv: [...argv],
    home: {
      repositoryPath: paths.repositoryFolder,
      dataPath: paths.dataFolder,
      starterModelsPath: paths.starterModelsFolder,
      rendererPath: rendererFolder,
      pageOrigin: PAGE_ORIGIN,
      electronVersion: process.versions.electron ?? '',
    },
  };
}
