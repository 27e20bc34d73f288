import { expect, test } from 'vitest';
import { mergeById } from './logs';

const item = (id: number, atMs: number) => ({ id, atMs });

test('items that come again with a new connection are not doubled', () => {
  const kept = [item(1, 10), item(2, 20)];
  expect(mergeById(kept, [item(1, 10), item(2, 20), item(3, 30)], 100)).toEqual([...kept, item(3, 30)]);
  expect(mergeById(kept, [item(2, 20)], 100)).toBe(kept);
});

test('items of a restarted engine, which counts from 1 again, are new', () => {
  expect(mergeById([item(1, 10)], [item(1, 99)], 100)).toEqual([item(1, 10), item(1, 99)]);
});

test('only the newest are kept', () => {
  expect(mergeById([item(1, 1), item(2, 2)], [item(3, 3)], 2)).toEqual([item(2, 2), item(3, 3)]);
});
