import { describe, expect, test } from 'vitest';
import { CliError } from './cli-error';
import { commandTable } from './commands';
import { helpText } from './help';
import { firstWords, parseCommandLine } from './parse-command-line';

const commands = commandTable();

function parse(line: string) {
  const parsed = parseCommandLine(line.split(' ').filter(Boolean), commands);
  if (parsed.kind !== 'run') throw new Error(`help of ${String(parsed.of)}`);
  return parsed;
}

function refusal(line: string): string {
  try {
    parseCommandLine(line.split(' '), commands);
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).exitCode).toBe(2);
    return (error as CliError).message;
  }
  throw new Error(`"${line}" was taken`);
}

describe('a command line', () => {
  test('names a command by one word or by two', () => {
    expect(parse('health').command.name).toBe('health');
    expect(parse('models show m').command.name).toBe('models show');
    expect(parse('models show m').positionals).toEqual(['m']);
  });

  test('that names a group alone means its list, with the options of the list', () => {
    expect(parse('models').command.name).toBe('models list');
    expect(parse('models --names').values.has('names')).toBe(true);
  });

  test('gives values after a space or after "="', () => {
    expect(parse('models set m --instances 2').values.text('instances')).toBe('2');
    expect(parse('models set m --instances=2').values.text('instances')).toBe('2');
  });

  test.each([
    ['modles', /"modles" is no command\. Did you mean "models"\?/],
    ['models lod', /"lod" is no command of "models"\. Did you mean "load"\?/],
    ['nonsense-that-nobody-means', /Commands are: serve, health, models/],
    ['health --jsn', /"--jsn" is no option of "ferry health"\. Did you mean "--json"\?/],
    ['health --qqqqqqqq', /See "ferry health --help"/],
    ['models show', /MODEL is missing: ferry models show MODEL/],
    ['models show a b', /"b" is one word too many/],
    ['models set m --instances', /--instances needs a value: --instances N/],
    ['models set m --instances --json', /--instances needs a value/],
    ['health --json=yes', /--json takes no value, "yes" was given/],
    ['health --url a --url b', /--url is given 2 times \("a", "b"\)/],
    ['help nothing', /"nothing" is no command/],
  ])('is refused with the reason: %s', (line, message) => {
    expect(refusal(line)).toMatch(message);
  });

  test('is refused with its value cut short', () => {
    expect(refusal('x'.repeat(500)).length).toBeLessThan(250);
  });
});

describe('the values of options', () => {
  const { values } = parse(
    'models set m --instances 65 --max-queue-delay-us 1e3 --batching maybe --threads 4',
  );

  test('are checked against their limits, which the message names', () => {
    expect(() => values.integer('instances', { min: 1, max: 64 })).toThrow(
      '--instances: "65" is not a whole number from 1 to 64',
    );
    expect(() => values.integer('max-queue-delay-us', { min: 0, max: 10 })).toThrow(/whole number/);
    expect(() => values.choice('batching', ['on', 'off'])).toThrow('"maybe" is not one of on, off');
    expect(values.integer('threads', { min: 1, max: 256 })).toBe(4);
    expect(values.integer('max-batch-size', { min: 1, max: 2 })).toBeNull();
  });

  test.each([
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['3', 3_000],
    ['250ms', 250],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('that are times have a unit: %s', (text, expected) => {
    const limits = { min: 1, max: 86_400_000 };
    expect(parse(`models set m --threads ${text}`).values.durationMs('threads', limits)).toBe(expected);
  });

  test.each(['', 's', '-1s', '1d', '1e9s', 'Infinity', '99h'])(
    'that are no times are refused: "%s"',
    (text) => {
      const { values: given } = parse(`models set m --threads=${text}`);
      expect(() => given.durationMs('threads', { min: 1, max: 86_400_000 })).toThrow(
        /--threads: .*not a time/,
      );
    },
  );
});

describe('the help', () => {
  test('lists every command with its summary, and every option of a command', () => {
    const all = helpText(null, commands);
    for (const { summary } of commands) expect(all).toContain(summary);
    for (const command of commands) {
      const text = helpText(command, commands);
      for (const { name, summary } of command.options) {
        expect(text).toContain(`--${name}`);
        expect(text).toContain(summary);
      }
    }
  });

  test('is asked for in several ways', () => {
    const asked = (line: string) => parseCommandLine(line.split(' '), commands);
    for (const line of ['--help', '-h', 'help']) expect(asked(line)).toEqual({ kind: 'help', of: null });
    expect(asked('models --help')).toEqual({ kind: 'help', of: 'models' });
    for (const line of ['help models set', 'models set --help', 'models set m --help --instances 2'])
      expect(asked(line)).toMatchObject({ kind: 'help', of: { name: 'models set' } });
  });

  test('has no two commands of one name, and no option twice in a command', () => {
    const names = commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { options } of commands)
      expect(new Set(options.map(({ name }) => name)).size).toBe(options.length);
    expect(firstWords(commands)).toContain('models');
  });
});
