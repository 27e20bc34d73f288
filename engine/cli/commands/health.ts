import { EXIT } from '../cli-error';
import type { Command } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';

export const healthCommand: Command = {
  name: 'health',
  summary: 'ask whether an engine is ready: exit code 0 ready, 1 not ready, 3 none answers',
  positionals: [],
  options: [...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  run: async ({ engine, show, terminal }) => {
    const client = await engine.inference();
    const { live, ready } = await client.health();
    const { name, version, extensions } = await client.server();
    const word = ready ? terminal.paint('green', 'ready') : terminal.paint('yellow', 'not ready');
    show(
      { url: client.url, live, ready, server: name, version, extensions },
      () => `${name} ${version} at ${client.url} is ${word}`,
    );
    return ready ? EXIT.ok : EXIT.failed;
  },
};
