import { describe, expect, it } from 'vitest';
import { atTail, ROW_HEIGHT, rowWindow } from './row-window';

describe('row window', () => {
  it('holds what is visible and little more, however long the list', () => {
    const { first, end } = rowWindow(50_000 * ROW_HEIGHT, 480, 100_000);
    expect(first).toBeLessThanOrEqual(50_000);
    expect(end).toBeGreaterThanOrEqual(50_020);
    expect(end - first).toBeLessThan(60);
  });

  it('stays within the list, also when the list has become shorter than the scroll position', () => {
    expect(rowWindow(0, 480, 3)).toEqual({ first: 0, end: 3 });
    const shrunk = rowWindow(10_000, 480, 5);
    expect(shrunk.first).toBeLessThanOrEqual(shrunk.end);
    expect(shrunk.end).toBe(5);
  });

  it('knows when the newest line is in view', () => {
    expect(atTail(1_000 * ROW_HEIGHT - 480, 480, 1_000)).toBe(true);
    expect(atTail(0, 480, 1_000)).toBe(false);
    expect(atTail(0, 480, 2)).toBe(true);
  });
});
