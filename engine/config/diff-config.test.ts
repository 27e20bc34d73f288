import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffConfig } from './diff-config';

/** Applies a unified diff, as `patch` would: written a second time on purpose. */
function apply(before: string, diff: string): string {
  const old = before.split('\n').slice(0, -1);
  const result: string[] = [];
  let at = 0;
  for (const hunk of diff.split(/^@@ /m).slice(1)) {
    const [head = '', ...lines] = hunk.replace(/\n$/, '').split('\n');
    const [, start = '0', length = '0'] = /^-(\d+),(\d+) /.exec(head) ?? [];
    const first = Number(start) - (length === '0' ? 0 : 1);
    result.push(...old.slice(at, first));
    const removed = lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1));
    expect(old.slice(first, first + removed.length)).toEqual(removed);
    result.push(...lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1)));
    at = first + removed.length;
  }
  return [...result, ...old.slice(at)].map((line) => `${line}\n`).join('');
}

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd: 1', '}', '# x'), { maxLength: 40 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

it('gives the new text when it is applied to the old one', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = diffConfig(before, after);
      expect(apply(before, diff)).toBe(after);
      expect(diff === '').toBe(before === after);
    }),
    { numRuns: 500 },
  );
});

it('shows what changed with three lines around it', () => {
  const before = 'a\nb\nc\nd\nmax: 8\ne\nf\ng\nh\n';
  expect(diffConfig(before, before.replace('max: 8', 'max: 16'))).toBe(
    '--- config.pbtxt\n+++ config.pbtxt\n@@ -2,7 +2,7 @@\n b\n c\n d\n-max: 8\n+max: 16\n e\n f\n g\n',
  );
  expect(diffConfig('', 'a\n')).toBe('--- config.pbtxt\n+++ config.pbtxt\n@@ -0,0 +1,1 @@\n+a\n');
  expect(diffConfig('a', 'a\n')).toContain('-a\n\\ No newline at end of file\n+a\n');
});

it('of two long texts without a common line takes no time', () => {
  const lines = (letter: string) => Array.from({ length: 30_000 }, (_, i) => `${letter}${i}\n`).join('');
  expect(diffConfig(lines('a'), lines('b')).split('\n')).toHaveLength(60_004);
});
