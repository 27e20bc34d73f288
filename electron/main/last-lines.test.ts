import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LastLines } from './last-lines';

describe('LastLines', () => {
  it('keeps the newest, however the text was cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { maxLength: 30 }),
        fc.array(fc.nat(60)),
        (words, cuts) => {
          const text = words.map((word) => `${word}\n`).join('');
          const lines = new LastLines(5);
          let from = 0;
          for (const to of [...cuts.sort((a, b) => a - b), text.length]) {
            lines.push(text.slice(from, to));
            from = Math.max(from, to);
          }
          expect(lines.lines).toEqual(words.slice(-5));
        },
      ),
    );
  });

  it('has the line that was not finished, and leaves out empty ones', () => {
    const lines = new LastLines(2);
    lines.push('one\r\n\n  \ntwo\nthr');
    expect(lines.lines).toEqual(['two', 'thr']);
  });

  it('stays small when a line never ends', () => {
    const lines = new LastLines(3, 10);
    for (let n = 0; n < 100; n++) lines.push('x'.repeat(1000));
    expect(lines.lines).toEqual(['x'.repeat(10)]);
  });
});
