import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExposition, seriesValue } from '../testing/exposition';
import { decimal, FamilyText } from './prometheus-text';

const labelName = fc
  .stringMatching(/^[a-z_][a-z0-9_]{0,8}$/)
  .filter((name) => name !== 'le' && name !== '__proto__');
const labels = fc.dictionary(labelName, fc.string({ unit: 'binary' }), { maxKeys: 4 });

describe('the text format', () => {
  test('gives back every label value that was written, whatever is in it', () => {
    fc.assert(
      fc.property(labels, fc.double({ noNaN: true, noDefaultInfinity: true }), (given, value) => {
        const text = new FamilyText('m', 'gauge', 'help');
        text.value(given, value);
        const [family] = parseExposition(text.text());
        expect(family?.series).toHaveLength(1);
        expect({ ...family?.series[0]?.labels }).toEqual({ ...given });
      }),
    );
  });

  test('writes numbers as plain decimals that are read as the same number', () => {
    expect([decimal(0), decimal(1e21), decimal(-1.5), decimal(0.000_064), decimal(2.5e-7)]).toEqual([
      '0',
      '1000000000000000000000',
      '-1.5',
      '0.000064',
      '0.00000025',
    ]);
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e300, noNaN: true }), (value) => {
        expect(decimal(value)).toMatch(/^\d+(\.\d+)?$/);
        expect(Number(decimal(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(decimal(value)).toMatch(/^-?\d+(\.\d+)?$/);
      }),
    );
  });

  test('has no line at all for a family without a value', () => {
    const text = new FamilyText('m', 'gauge', 'help');
    text.value({ device: 'gpu' }, null);
    expect(text.text()).toBe('');
  });

  test('writes histograms with a last bucket that holds everything', () => {
    const text = new FamilyText('m', 'histogram', 'back\\slash and\nline');
    text.histogram({ model: 'a' }, { bounds: [0.5, 1], cumulative: [1, 3], count: 4, sum: 9.25 });
    expect(text.text()).toBe(
      [
        '# HELP m back\\\\slash and\\nline',
        '# TYPE m histogram',
        'm_bucket{model="a",le="0.5"} 1',
        'm_bucket{model="a",le="1"} 3',
        'm_bucket{model="a",le="+Inf"} 4',
        'm_sum{model="a"} 9.25',
        'm_count{model="a"} 4',
        '',
      ].join('\n'),
    );
    expect(seriesValue(parseExposition(text.text()), 'm_bucket', { le: '1' })).toBe(3);
  });
});

describe('the strict reader of the tests', () => {
  const head = '# HELP m h\n# TYPE m gauge\n';
  test.each([
    ['a series twice', `${head}m{a="1",b="2"} 1\nm{b="2",a="1"} 2\n`],
    ['an exponent', `${head}m 1e-7\n`],
    ['a label that is not escaped', `${head}m{a="x"y"} 1\n`],
    ['a series of another family', `${head}n 1\n`],
    ['a family without a head', 'm 1\n'],
    ['a family without series', head],
    ['a last line that is cut', `${head}m 1`],
    [
      'a histogram whose buckets fall',
      '# HELP m h\n# TYPE m histogram\nm_bucket{le="1"} 2\nm_bucket{le="+Inf"} 1\nm_sum 1\nm_count 1\n',
    ],
    ['a counter below zero', '# HELP m h\n# TYPE m counter\nm -1\n'],
  ])('refuses %s', (_, page) => {
    expect(() => parseExposition(page)).toThrow();
  });
});
