import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHANGE_KINDS, type ChangeKind } from '../../engine/contract';
import { changeLetter } from './change-kinds';
import { flagsOf } from './flags';

const mark = (secondsAgo: number, kind: ChangeKind, id = 1) => ({ id, secondsAgo, kind, text: '' });

describe('flags', () => {
  test('stand apart where the changes do', () => {
    expect(flagsOf([mark(-30, 'settings'), mark(-10, 'eviction')], 60).map(({ letters }) => letters)).toEqual(
      ['S', 'E'],
    );
  });

  test('of changes at one instant are one line with the letters of all', () => {
    expect(flagsOf([mark(-30, 'settings'), mark(-29.9, 'eviction'), mark(-29.9, 'settings')], 60)).toEqual([
      { id: 1, secondsAgo: -30, letters: 'SE' },
    ]);
  });

  test('that would cover each other leave their letters to the first, and keep their lines', () => {
    expect(flagsOf([mark(-30, 'settings'), mark(-29, 'eviction')], 60).map(({ letters }) => letters)).toEqual(
      ['SE', ''],
    );
  });

  test('lose no kind of change, however many there are', () => {
    const changes = fc.array(
      fc.record({
        secondsAgo: fc.double({ min: -60, max: 0, noNaN: true }),
        kind: fc.constantFrom(...CHANGE_KINDS),
      }),
    );
    fc.assert(
      fc.property(changes, (drawn) => {
        const marks = drawn
          .sort((a, b) => a.secondsAgo - b.secondsAgo)
          .map(({ secondsAgo, kind }, id) => mark(secondsAgo, kind, id));
        const seen = new Set(flagsOf(marks, 60).flatMap(({ letters }) => [...letters]));
        expect(seen).toEqual(new Set(marks.map(({ kind }) => changeLetter(kind))));
      }),
    );
  });
});
