import type { StartOrder } from '../utility/engine-messages';
import { rendererFolder, type userPaths } from './paths';

/** What the engine is told at its start: the operator's options, and the desktop's defaults where there are none. */
export function engineStartOrder(argv: readonly string[], paths: ReturnType<typeof userPaths>): StartOrder {
  return {
    kind: 'start',
    argv: [...argv],
    home: {
      dataPath: paths.dataFolder,
      starterModelsPath: paths.starterModelsFolder,
      rendererPath: rendererFolder,
    },
  };
}
