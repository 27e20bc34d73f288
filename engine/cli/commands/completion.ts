import { EXIT, usageError } from '../cli-error';
import type { Command } from '../command';
import { quoted } from '../command-values';
import { COMMON_OPTIONS } from '../common-options';
import { completionScript, SHELLS } from '../completion';

/** @param table the table that this command itself is in */
export const completionCommand = (table: () => readonly Command[]): Command => ({
  name: 'completion',
  summary: `print what makes a shell complete ferry's commands (${SHELLS.join(', ')})`,
  positionals: [{ name: 'SHELL', completes: SHELLS }],
  options: COMMON_OPTIONS.filter(({ name }) => name === 'help'),
  notes: [
    'bash:  eval "$(ferry completion bash)"                               in ~/.bashrc',
    'zsh:   eval "$(ferry completion zsh)"                                in ~/.zshrc, after compinit',
    'fish:  ferry completion fish > ~/.config/fish/completions/ferry.fish',
  ],
  run: async ({ positionals: [word = ''], terminal }) => {
    const shell = SHELLS.find((name) => name === word);
    if (shell === undefined) throw usageError(`SHELL: ${quoted(word)} is not one of ${SHELLS.join(', ')}`);
    terminal.print(completionScript(shell, table()).trimEnd());
    return EXIT.ok;
  },
});
