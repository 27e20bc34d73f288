import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter';

describe('LineSplitter', () => {
  it('gives the same lines however the text is cut', () => {
    const line = fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(
        fc.array(line),
        fc.array(fc.nat(200)),
        fc.constantFrom('\n', '\r\n'),
        (lines, cuts, ending) => {
          const text = lines.map((each) => each + ending).join('');
          const splitter = new LineSplitter();
          const marks = [
            0,
            ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b),
            text.length,
          ];
          const got = marks.slice(1).flatMap((end, i) => splitter.push(text.slice(marks[i], end)));
          expect(got).toEqual(lines);
          expect(splitter.end()).toBe('');
        },
      ),
    );
  });

  it('keeps a last line without an end apart', () => {
    const splitter = new LineSplitter();
    expect(splitter.push('one\ntw')).toEqual(['one']);
    expect(splitter.end()).toBe('tw');
  });

  it('drops a line without end rather than filling the memory, and goes on with the next', () => {
    const splitter = new LineSplitter();
    for (let i = 0; i < 100; i++) expect(splitter.push('x'.repeat(10_000))).toEqual([]);
    expect(splitter.push('tail\ngood\n')).toEqual(['good']);
  });
});
