import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder';
import { commandTable } from './commands';
import { completionScript, SHELLS } from './completion';

const commands = commandTable();
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

describe.each(SHELLS)('the completion for %s', (shell) => {
  const script = completionScript(shell, commands);

  test('knows every command and every option', () => {
    for (const { name, options } of commands) {
      for (const word of name.split(' ')) expect(script).toContain(word);
      for (const option of options) expect(script).toMatch(new RegExp(`(--|-l )${option.name}\\b`));
    }
  });

  test.skipIf(!has(shell))('is taken by the shell', () => {
    const folder = temporaryFolder();
    folder.write({ script });
    const checked = spawnSync(shell, ['-n', join(folder.path, 'script')], { encoding: 'utf8' });
    folder.remove();
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });
});

/** What bash offers for a line whose last word is being typed. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const script = [
    completionScript('bash', commands),
    'ferry() { printf "alpha\\nbeta\\n"; }',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_ferry',
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe.skipIf(!has('bash'))('bash offers', () => {
  test.each([
    ['ferry he', ['health', 'help']],
    ['ferry models un', ['unload']],
    ['ferry models set --max-b', ['--max-batch-size']],
    ['ferry models --na', ['--names']],
    ['ferry models show ', ['alpha', 'beta']],
    ['ferry models show be', ['beta']],
    ['ferry models set alpha --batching ', ['off', 'fixed', 'auto']],
    ['ferry completion z', ['zsh']],
    ['ferry serve --log-l', ['--log-level']],
  ])('after "%s"', (line, expected) => {
    expect(offered(line)).toEqual(expected);
  });
});
