import { expect, test } from 'vitest';
import { isAcceptable } from './notices.mjs';

test('a licence is taken when one of its choices, and each of its parts, is on the list', () => {
  expect(isAcceptable('MIT')).toBe(true);
  expect(isAcceptable('(MIT OR GPL-3.0)')).toBe(true);
  expect(isAcceptable('(MIT AND Zlib)')).toBe(true);
  expect(isAcceptable('MIT AND GPL-3.0')).toBe(false);
  expect(isAcceptable('UNLICENSED')).toBe(false);
});
