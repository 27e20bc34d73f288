import { expect, test } from 'vitest';
import { moveModel } from './lifecycle';

test('a model goes only along its state table', () => {
  expect(moveModel('unavailable', 'loading')).toBe('loading');
  expect(moveModel('loading', 'ready')).toBe('ready');
  expect(moveModel('ready', 'ready')).toBe('ready');
  expect(() => moveModel('unavailable', 'ready')).toThrow('a model cannot go from unavailable to ready');
  expect(() => moveModel('unloading', 'ready')).toThrow();
});
