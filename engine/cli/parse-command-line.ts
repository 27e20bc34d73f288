import { parseArgs } from 'node:util';
import { didYouMean } from '../config';
import { usageError } from './cli-error';
import type { Command, Option, Positional } from './command';
import { CommandValues, quoted } from './command-values';

/** What a command line asks for. */
export type Parsed =
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly values: CommandValues;
      readonly positionals: string[];
    }
  | { readonly kind: 'help'; readonly of: Command | string | null };

/** What a group's first word stands for by itself: "models" is "models list". */
export const DEFAULT_MEMBER = 'list';

/**
 * Finds the command and reads its options.
 *
 * Errors: a usage error for words that nobody knows (with the one that was probably meant), for missing and surplus ones.
 */
export function parseCommandLine(words: readonly string[], commands: readonly Command[]): Parsed {
  const [first = '--help', second] = words;
  if (first === '--help' || first === '-h' || first === 'help') {
    const topic = first === 'help' ? words.slice(1).join(' ') : '';
    if (topic === '') return { kind: 'help', of: null };
    return { kind: 'help', of: commands.find(({ name }) => name === topic) ?? groupNamed(topic, commands) };
  }
  const command =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (command !== undefined)
    return readOptions(command, words.slice(command.name.split(' ').length), commands);
  const group = groupNamed(first, commands);
  if (second === '--help' || second === '-h') return { kind: 'help', of: group };
  const list = commands.find(({ name }) => name === `${group} ${DEFAULT_MEMBER}`);
  if (list && (second === undefined || second.startsWith('-')))
    return readOptions(list, words.slice(1), commands);
  if (second === undefined) return { kind: 'help', of: group };
  throw usageError(unknownWord(second, `${group} `, membersOf(group, commands)));
}

/** Names below a word: "check" for "repo". */
export function membersOf(group: string, commands: readonly Command[]): string[] {
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name }) => name.split(' ')[1] ?? '');
}

/** First words of all commands, in their order. */
export function firstWords(commands: readonly Command[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
}

function groupNamed(word: string, commands: readonly Command[]): string {
  if (membersOf(word, commands).length > 0) return word;
  throw usageError(unknownWord(word, '', firstWords(commands)));
}

function unknownWord(word: string, prefix: string, known: readonly string[]): string {
  const guess = didYouMean(word, known);
  return `${quoted(word)} is no command${prefix === '' ? '' : ` of "${prefix.trim()}"`}.${guess || ` Commands are: ${known.join(', ')}`}`;
}

function readOptions(command: Command, words: readonly string[], commands: readonly Command[]): Parsed {
  const known = new Map(command.options.map((option) => [option.name, option]));
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      command.options.map(({ name, value }) => [name, { type: value === null ? 'boolean' : 'string' }]),
    ),
  });
  const texts = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help' || token.name === 'h') return { kind: 'help', of: command };
    const option = known.get(token.name);
    if (!option) throw usageError(unknownOption(token.rawName, command));
    texts.set(option.name, [...(texts.get(option.name) ?? []), ...readValue(option, token)]);
  }
  checkRepeats(command, texts);
  checkPositionals(command, positionals, commands);
  return { kind: 'run', command, values: new CommandValues(texts), positionals };
}

function unknownOption(rawName: string, { name, options }: Command): string {
  const names = options.map((option) => option.name);
  const guess = didYouMean(rawName.replace(/^-+/, ''), names).replace('"', '"--');
  return `${quoted(rawName)} is no option of "ferry ${name}".${guess || ` See "ferry ${name} --help"`}`;
}

interface OptionToken {
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function readValue(option: Option, { value, inlineValue }: OptionToken): string[] {
  if (option.value === null) {
    if (value !== undefined) throw usageError(`--${option.name} takes no value, ${quoted(value)} was given`);
    return [];
  }
  if (value === undefined || (!inlineValue && value.startsWith('--')))
    throw usageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
  return [value];
}

function checkRepeats({ options }: Command, texts: ReadonlyMap<string, readonly string[]>): void {
  for (const { name, repeats } of options) {
    const given = texts.get(name) ?? [];
    if (!repeats && given.length > 1)
      throw usageError(
        `--${name} is given ${given.length} times (${given.map(quoted).join(', ')}), once is enough`,
      );
  }
}

function checkPositionals(command: Command, given: readonly string[], commands: readonly Command[]): void {
  const wanted = command.positionals;
  const missing = wanted.slice(given.length).find(({ optional }) => !optional);
  if (missing) throw usageError(`${missing.name} is missing: ferry ${command.name} ${usageOf(wanted)}`);
  const surplus = given[wanted.length];
  if (surplus === undefined) return;
  const members = membersOf(command.name, commands);
  if (members.length > 0) throw usageError(unknownWord(surplus, command.name, members));
  const shape = wanted.length === 0 ? 'takes none' : `takes ${usageOf(wanted)}`;
  throw usageError(`${quoted(surplus)} is one word too many: ferry ${command.name} ${shape}`);
}

/** "MODEL [VERSION]" */
export function usageOf(positionals: readonly Positional[]): string {
  return positionals.map(({ name, optional }) => (optional ? `[${name}]` : name)).join(' ');
}
