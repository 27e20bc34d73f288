import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseTurns, type WaitingTurn } from './choose-turns';

const one = (
  wants: Record<string, number>,
  turns = 0,
  deviceClass: WaitingTurn['deviceClass'] = 'foreground',
) => ({ wants: new Map(Object.entries(wants)), turns, deviceClass });
const free = (amounts: Record<string, number>) => new Map(Object.entries(amounts));

describe('whose turn it is to take resources', () => {
  test('the fewest turns go first, of equals the one that asked first', () => {
    const [a, b, c] = [one({ R: 1 }, 2), one({ R: 1 }, 1), one({ R: 1 }, 1)];
    expect(chooseTurns([a, b, c], free({ R: 1 }))).toEqual([b]);
    expect(chooseTurns([a, b, c], free({ R: 2 }))).toEqual([b, c]);
  });

  test('a foreground model goes before a background model, however many turns it has had', () => {
    const [back, front] = [one({ R: 1 }, 0, 'background'), one({ R: 1 }, 9)];
    expect(chooseTurns([back, front], free({ R: 1 }))).toEqual([front]);
  });

  test('all that is asked for is taken at once, or nothing', () => {
    expect(chooseTurns([one({ R: 1, S: 1 })], free({ R: 5, S: 0 }))).toEqual([]);
  });

  test('what the first waits for is kept for it, and what it does not need is there for others', () => {
    const first = one({ R: 3, S: 1 }, 0);
    const [small, other] = [one({ R: 1 }, 1), one({ S: 1 }, 2)];
    expect(chooseTurns([first, small, other], free({ R: 2, S: 2 }))).toEqual([other]);
    expect(chooseTurns([first, small, other], free({ R: 2, S: 1 }))).toEqual([]);
  });

  test('nothing is given out of a pool that has less than is taken of it', () => {
    expect(chooseTurns([one({ R: 1 })], free({ R: -2 }))).toEqual([]);
  });

  const waiting = fc.array(
    fc.record({
      wants: fc
        .dictionary(fc.constantFrom('R', 'S', 'T'), fc.integer({ min: 1, max: 5 }))
        .map((wants) => new Map(Object.entries(wants))),
      turns: fc.integer({ min: 0, max: 3 }),
      deviceClass: fc.constantFrom('foreground' as const, 'background' as const),
    }),
    { maxLength: 6 },
  );
  const amounts = fc.record({ R: fc.nat(8), S: fc.nat(8), T: fc.nat(8) }).map(free);

  test('never more than there is, never what one before needs, and nobody waits for nothing (property)', () => {
    fc.assert(
      fc.property(waiting, amounts, (all, there) => {
        const chosen = chooseTurns(all, there);
        const sum = (of: readonly WaitingTurn[], pool: string) =>
          of.reduce((total, { wants }) => total + (wants.get(pool) ?? 0), 0);
        for (const pool of there.keys()) expect(sum(chosen, pool)).toBeLessThanOrEqual(there.get(pool) ?? 0);
        for (const late of all) {
          const isBefore = (early: (typeof all)[number]) =>
            early.deviceClass === late.deviceClass
              ? early.turns < late.turns ||
                (early.turns === late.turns && all.indexOf(early) < all.indexOf(late))
              : early.deviceClass === 'foreground';
          const before = all.filter((early) => early !== late && isBefore(early));
          const fits = [...late.wants].every(
            ([pool, count]) => sum(before, pool) + count <= (there.get(pool) ?? 0),
          );
          expect(chosen.includes(late)).toBe(fits);
        }
      }),
    );
  });
});
