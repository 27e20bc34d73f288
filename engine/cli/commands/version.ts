import { ENGINE_VERSION } from '../../base';
import { EXIT } from '../cli-error';
import type { Command } from '../command';
import { COMMON_OPTIONS } from '../common-options';

export const versionCommand: Command = {
  name: 'version',
  summary: 'tell the version of this program (of an engine: health)',
  positionals: [],
  options: COMMON_OPTIONS,
  run: async ({ show }) => {
    const { node } = process.versions;
    const platform = `${process.platform}-${process.arch}`;
    show(
      { version: ENGINE_VERSION, node, platform },
      () => `ferry ${ENGINE_VERSION} (Node ${node}, ${platform})`,
    );
    return EXIT.ok;
  },
};
