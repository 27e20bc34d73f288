import type { Command } from './command';
import { benchCommand } from './commands/bench';
import { completionCommand } from './commands/completion';
import { healthCommand } from './commands/health';
import { inferCommand } from './commands/infer';
import { memorySetCommand } from './commands/memory-set';
import { modelsListCommand } from './commands/models-list';
import { modelsLoadCommand, modelsUnloadCommand } from './commands/models-load';
import { modelsSetCommand } from './commands/models-set';
import { modelsShowCommand } from './commands/models-show';
import { repoCheckCommand } from './commands/repo-check';
import { serveCommand } from './commands/serve';
import { statsCommand } from './commands/stats';
import { versionCommand } from './commands/version';

/** Every command, in the order of the help. */
export function commandTable(): readonly Command[] {
  const commands: Command[] = [
    serveCommand,
    healthCommand,
    modelsListCommand,
    modelsShowCommand,
    modelsLoadCommand,
    modelsUnloadCommand,
    modelsSetCommand,
    memorySetCommand,
    inferCommand,
    statsCommand,
    benchCommand,
    repoCheckCommand,
    versionCommand,
    completionCommand(() => commands),
  ];
  return commands;
}
