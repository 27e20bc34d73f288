import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const here = (file: string): URL => new URL(file, import.meta.url);
const doc = readFileSync(here('../../docs/scheduling.md'), 'utf8');
const section = doc.slice(doc.indexOf('| Rule | Test | File |')).split('\n\n')[0] ?? '';
const rows = section
  .split('\n')
  .slice(2)
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** Titles of the tests of a file, as written. */
function titlesOf(file: string): string[] {
  const titles: string[] = [];
  const title = /(?:^|[^\w.])(?:test|it)(?:\.each\([^;]*?\]\))?\(\s*(["'])(.*?)\1,/gs;
  for (const [, , text = ''] of readFileSync(here(file), 'utf8').matchAll(title)) titles.push(text);
  return titles;
}

describe("the table of Triton's rules in docs/scheduling.md", () => {
  test('has rules', () => expect(rows.length).toBeGreaterThan(10));

  test.each(rows)('names tests and files that are there: %s', (_rule, tests = '', files = '') => {
    const named = [...tests.matchAll(/`([^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)];
    expect(named.map(([text]) => text).join('; ')).toBe(tests);
    for (const [, file = '', names = ''] of named) {
      const titles = titlesOf(file);
      for (const [, name = ''] of names.matchAll(/"([^"]+)"/g))
        expect(
          titles.filter((title) => title.startsWith(name)),
          `${file}: ${name}`,
        ).not.toEqual([]);
    }
    for (const [, file = ''] of files.matchAll(/`([^`]+)`/g)) expect(existsSync(here(file)), file).toBe(true);
    expect(files).toMatch(/^`[\w/-]+\.ts`(, `[\w/-]+\.ts`)*$/);
  });
});
