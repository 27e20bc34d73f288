import type { Command, Completes, Option, Positional } from './command';
import { DEFAULT_MEMBER, firstWords, membersOf } from './parse-command-line';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script for the shell that completes commands, options, and the values that can be known. Made from the table of commands. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}

/** Asks the running engine; says nothing when none answers. */
const MODEL_NAMES = 'ferry models list --names 2>/dev/null';

/** Words for `compgen -W`, which splits them as the function's IFS says: at line ends, so that file names may have spaces. */
const wordList = (words: readonly string[]): string => `$'${words.join('\\n')}'`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const firstLine = (text: string): string =>
  text
    .replaceAll(/[[\]:]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Words that may follow a group's first word, "list load show" for "models". */
const groupsOf = (commands: readonly Command[]): readonly (readonly [string, readonly string[]])[] =>
  firstWords(commands)
    .map((word) => [word, membersOf(word, commands)] as const)
    .filter(([, members]) => members.length > 0);

function bashScript(commands: readonly Command[]): string {
  const groups = groupsOf(commands);
  return [
    '# bash completion of ferry: eval "$(ferry completion bash)"',
    '_ferry() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    `  local command="\${COMP_WORDS[1]}" words="" IFS=$'\\n'`,
    '  COMPREPLY=()',
    '  if [[ $COMP_CWORD -eq 1 ]]; then',
    `    COMPREPLY=($(compgen -W ${wordList([...firstWords(commands), 'help'])} -- "$current"))`,
    '    return',
    '  fi',
    '  case "$command" in',
    ...groups.flatMap(([group, members]) => [
      `    ${group})`,
      '      if [[ $COMP_CWORD -eq 2 && "$current" != -* ]]; then',
      `        COMPREPLY=($(compgen -W ${wordList(members)} -- "$current"))`,
      '        return',
      '      fi',
      `      case "\${COMP_WORDS[2]}" in ${members.join('|')}) command="${group} \${COMP_WORDS[2]}" ;; *) ${defaultOf(group, members)} ;; esac`,
      '      ;;',
    ]),
    '  esac',
    '  case "$command" in',
    ...commands.flatMap((command) => bashCommand(command)),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -F _ferry ferry',
    '',
  ].join('\n');
}

/** Options after the group's word alone are those of its list. */
const defaultOf = (group: string, members: readonly string[]): string =>
  members.includes(DEFAULT_MEMBER) ? `command="${group} ${DEFAULT_MEMBER}"` : ':';

function bashCommand({ name, options, positionals }: Command): string[] {
  const valued = options.filter(({ value }) => value !== null);
  return [
    `    ${quote(name)})`,
    ...(valued.length > 0
      ? [
          '      case "$previous" in',
          ...valued.map((option) => `        --${option.name}) ${bashValue(option.completes)}; return ;;`),
          '      esac',
        ]
      : []),
    '      if [[ "$current" == -* ]]; then',
    `        words=${wordList(options.map((option) => `--${option.name}`))}`,
    '      else',
    `        ${bashValue(positionals[0]?.completes)}; return`,
    '      fi',
    '      ;;',
  ];
}

function bashValue(completes: Completes | undefined): string {
  if (completes === undefined) return ':';
  const flags =
    completes === 'file'
      ? '-f'
      : completes === 'folder'
        ? '-d'
        : completes === 'model'
          ? `-W "$(${MODEL_NAMES})"`
          : `-W ${wordList(completes)}`;
  return `COMPREPLY=($(compgen ${flags} -- "$current"))`;
}

function zshScript(commands: readonly Command[]): string {
  return [
    '#compdef ferry',
    `# zsh completion of ferry: ferry completion zsh > "\${fpath[1]}/_ferry"`,
    '_ferry_models() {',
    '  local -a names',
    `  names=(\${(f)"$(${MODEL_NAMES})"})`,
    '  compadd -a names',
    '}',
    '_ferry() {',
    '  local -a commands',
    '  if (( CURRENT == 2 )); then',
    `    commands=(${summaries(commands).map(quote).join(' ')})`,
    "    _describe 'command' commands",
    '    return',
    '  fi',
    `  local command="\${words[2]}"`,
    '  case "$command" in',
    ...groupsOf(commands).flatMap(([group, members]) => [
      `    ${group})`,
      `      if (( CURRENT == 3 )) && [[ "\${words[3]}" != -* ]]; then`,
      `        compadd ${members.join(' ')}`,
      '        return',
      '      fi',
      `      case "\${words[3]}" in ${members.join('|')}) command="${group} \${words[3]}"; shift words; (( CURRENT-- )) ;; *) ${defaultOf(group, members)} ;; esac`,
      '      ;;',
    ]),
    '  esac',
    '  shift words; (( CURRENT-- ))',
    '  case "$command" in',
    ...commands.map(
      ({ name, options, positionals }) =>
        `    ${quote(name)}) _arguments ${[...options.map(zshOption), ...positionals.map(zshPositional)].join(' ')} ;;`,
    ),
    '  esac',
    '}',
    `if [[ "\${funcstack[1]}" == _ferry ]]; then _ferry "$@"; else compdef _ferry ferry; fi`,
    '',
  ].join('\n');
}

/** One "word:summary" for each first word; a group has no summary of its own. */
function summaries(commands: readonly Command[]): string[] {
  return firstWords(commands).map((word) => {
    const own = commands.find(({ name }) => name === word);
    return `${word}:${firstLine(own?.summary ?? membersOf(word, commands).join(', '))}`;
  });
}

function zshOption({ name, value, summary, repeats, completes }: Option): string {
  const text = `${repeats ? '*' : ''}--${name}[${firstLine(summary)}]`;
  return quote(value === null ? text : `${text}:${firstLine(value)}:${zshValue(completes)}`);
}

function zshPositional({ name, optional, completes }: Positional): string {
  return quote(`:${optional ? ':' : ''}${firstLine(name)}:${zshValue(completes)}`);
}

function zshValue(completes: Completes | undefined): string {
  if (completes === undefined) return ' ';
  if (completes === 'file') return '_files';
  if (completes === 'folder') return '_files -/';
  return completes === 'model' ? '_ferry_models' : `(${completes.join(' ')})`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = ['# fish completion of ferry: ferry completion fish > ~/.config/fish/completions/ferry.fish'];
  lines.push('complete -c ferry -f');
  for (const word of summaries(commands)) {
    const [name = '', summary = ''] = word.split(/:(.*)/s);
    lines.push(`complete -c ferry -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`);
  }
  for (const [group, members] of groupsOf(commands)) {
    const none = members.map((member) => `not __fish_seen_subcommand_from ${member}`).join('; and ');
    lines.push(
      `complete -c ferry -n ${quote(`__fish_seen_subcommand_from ${group}; and ${none}`)} -a ${quote(members.join(' '))}`,
    );
  }
  for (const command of commands) lines.push(...fishCommand(command));
  return `${lines.join('\n')}\n`;
}

function fishCommand({ name, options, positionals }: Command): string[] {
  const condition = quote(
    name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and '),
  );
  const start = `complete -c ferry -n ${condition}`;
  const [first] = positionals;
  return [
    ...options.map(
      ({ name: option, value, summary, completes }) =>
        `${start} -l ${option}${value === null ? '' : ` -r ${fishValue(completes)}`} -d ${quote(firstLine(summary))}`,
    ),
    ...(first?.completes === undefined ? [] : [`${start} ${fishValue(first.completes)}`]),
  ];
}

function fishValue(completes: Completes | undefined): string {
  if (completes === undefined) return '-f';
  if (completes === 'file') return '-F';
  if (completes === 'folder') return "-f -a '(__fish_complete_directories)'";
  return completes === 'model' ? `-f -a ${quote(`(${MODEL_NAMES})`)}` : `-f -a ${quote(completes.join(' '))}`;
}
