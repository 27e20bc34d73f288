import { expect, test } from 'vitest';
import { textFields, textTable } from './text-table';

test('a table has columns as wide as their longest cell, numbers to the right', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', right: true }, { title: 'WHY' }];
  const rows = [
    ['a', '1', ''],
    ['longer', '1000', 'because'],
  ];
  expect(textTable(columns, rows)).toBe(
    ['NAME       N  WHY', 'a          1', 'longer  1000  because'].join('\n'),
  );
});

test('colour does not move a column', () => {
  const painted = textTable([{ title: 'A' }, { title: 'B' }], [['x', 'y']], (text) => `<${text}>`);
  expect(painted).toBe('A  B\n<x>  <y>');
});

test('fields stand below each other', () => {
  expect(
    textFields([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('a     1\nlong  2');
});
