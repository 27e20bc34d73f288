import type { Command, Option } from './command';
import { DEFAULT_MEMBER, usageOf } from './parse-command-line';
import { textFields } from './text-table';

/** The help of one command, of a group of them ("models"), or of all (null). */
export function helpText(of: Command | string | null, commands: readonly Command[]): string {
  if (of !== null && typeof of !== 'string') return commandHelp(of);
  const shown = of === null ? commands : commands.filter(({ name }) => name.split(' ')[0] === of);
  const list = textFields(shown.map((command) => [usageLine(command), command.summary]));
  const usage = of === null ? 'ferry [COMMAND] [options]' : `ferry ${of} COMMAND [options]`;
  const more =
    of === null
      ? [
          'Without a command: serve. "ferry COMMAND --help" tells its options.',
          '',
          'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no engine answers.',
        ]
      : [`"ferry ${of} COMMAND --help" tells its options.`];
  return [`Usage: ${usage}`, '', indented(list), '', ...more].join('\n');
}

function commandHelp(command: Command): string {
  const { name, summary, positionals, options, notes = [] } = command;
  const usage = ['ferry', name, usageOf(positionals), '[options]'].filter((part) => part !== '').join(' ');
  const list = textFields(options.map((option) => [optionLine(option), optionSummary(option)]));
  return [
    `Usage: ${usage}`,
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    ...(options.length > 0 ? [indented(list), ''] : []),
    ...(notes.length > 0 ? [...notes, ''] : []),
  ]
    .join('\n')
    .trimEnd();
}

const usageLine = ({ name, positionals }: Command): string =>
  `${name.replace(` ${DEFAULT_MEMBER}`, ` [${DEFAULT_MEMBER}]`)} ${usageOf(positionals)}`.trimEnd();
const optionLine = ({ name, value }: Option): string => (value === null ? `--${name}` : `--${name} ${value}`);
const optionSummary = ({ summary, repeats }: Option): string =>
  repeats ? `${summary} (may be repeated)` : summary;
const indented = (text: string): string => text.replace(/^/gm, '  ');
