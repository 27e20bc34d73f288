import { engineHelp, envName, OPTION_TEXTS } from '../../config';
import type { Command } from '../command';

const folders = new Set(['repository', 'data-dir', 'starter-models', 'renderer']);

/** In the table for its help and completion: the process itself becomes the engine, which is not this folder's to do. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'start an engine that serves a model repository',
  positionals: [],
  options: [
    { name: 'port', value: 'N', summary: 'all four doors from port N on; 0 takes free ports' },
    { name: 'config', value: 'FILE', summary: 'JSON file with options', completes: 'file' },
    ...Object.values(OPTION_TEXTS).map(({ flag, value, help }) => ({
      name: flag,
      value,
      summary: `${help} [${envName(flag)}]`,
      ...(folders.has(flag) ? { completes: 'folder' as const } : {}),
    })),
  ],
  run: async ({ terminal }) => {
    terminal.print(engineHelp());
    return 0;
  },
};
