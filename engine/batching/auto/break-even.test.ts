import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Anchor } from './arrival-pattern';
import { type BreakEvenView, breakEven } from './break-even';

const overheadHeavy = (rows: number) => (rows === 0 ? 0 : 2_000 + 100 * rows);

const anchorOf = (
  kind: Anchor['kind'],
  rows: number,
  offsetsUs: readonly number[],
  watchedUs = 10_000,
): Anchor => ({
  kind,
  atUs: 0,
  rows,
  offsetsUs: [...offsetsUs],
  watchedUs,
});

const view = (changes: Partial<BreakEvenView>): BreakEvenView => ({
  nowUs: 100_000,
  waiting: 1,
  cap: 32,
  idledUs: 0,
  nextFreeUs: Number.POSITIVE_INFINITY,
  current: { ...anchorOf('completion', 2, []), atUs: 99_900, watchedUs: Number.POSITIVE_INFINITY },
  past: [],
  meanUs: overheadHeavy,
  ...changes,
});

const times = (count: number, anchor: Anchor) => Array.from({ length: count }, () => anchor);

describe('break-even', () => {
  it('waits for the second of two clients, who comes right after the first', () => {
    const current = { ...anchorOf('completion', 2, [100]), atUs: 99_900 };
    const wait = breakEven(view({ current, past: times(8, anchorOf('completion', 2, [100, 300])) }));
    expect(wait?.rows).toBe(2);
    expect(wait?.untilUs).toBeCloseTo(100_000 + 200 * 1.1);
    expect(wait?.gainUs).toBeCloseTo(overheadHeavy(1) + overheadHeavy(1) - 200 - overheadHeavy(2));
  });

  it('sends where many more arrive while the batch runs: they are a batch of their own anyway', () => {
    const every200 = Array.from({ length: 50 }, (_, i) => i * 200);
    const current = { ...anchorOf('completion', 2, [0]), atUs: 99_900 };
    expect(breakEven(view({ current, past: times(8, anchorOf('completion', 2, every200)) }))).toBeNull();
  });

  it('sends where company comes later than it is worth', () => {
    const current = { ...anchorOf('completion', 2, [100]), atUs: 99_900 };
    expect(breakEven(view({ current, past: times(8, anchorOf('completion', 2, [100, 2_500])) }))).toBeNull();
  });

  it('sends where nothing is saved by merging', () => {
    const current = { ...anchorOf('completion', 2, [100]), atUs: 99_900 };
    const past = times(8, anchorOf('completion', 2, [100, 101]));
    expect(breakEven(view({ current, past, meanUs: (rows) => 1_000 * rows }))).toBeNull();
  });

  it('knows nothing before it has seen a few anchors of the kind', () => {
    const current = { ...anchorOf('completion', 2, [100]), atUs: 99_900 };
    expect(breakEven(view({ current, past: times(3, anchorOf('completion', 2, [100, 300])) }))).toBeNull();
    expect(breakEven(view({ current, past: times(9, anchorOf('idle-arrival', 0, [300])) }))).toBeNull();
  });

  it('takes a burst that has had its time for over, however few it brought', () => {
    const current = { ...anchorOf('idle-arrival', 0, [100, 200]), atUs: 98_800 };
    const past = times(16, anchorOf('idle-arrival', 0, [100, 200, 300, 500, 700, 900]));
    expect(breakEven(view({ waiting: 3, current, past }))).toBeNull();
    const young = { ...current, atUs: 99_700 };
    expect(breakEven(view({ waiting: 3, current: young, past }))?.rows).toBe(6);
  });

  it('never idles in all for longer than the work that it can save (property)', () => {
    const offsets = fc.array(fc.integer({ min: 0, max: 6_000 }), { maxLength: 20 });
    const kind = fc.constantFrom<Anchor['kind']>('completion', 'idle-arrival');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(kind, offsets), { minLength: 4, maxLength: 48 }),
        kind,
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: 0, max: 3_000 }),
        (seen, currentKind, waiting, idledUs) => {
          const past = seen.map(([of, list]) =>
            anchorOf(
              of,
              0,
              list.sort((a, b) => a - b),
            ),
          );
          const current = { ...anchorOf(currentKind, 0, []), atUs: 99_000 };
          const wait = breakEven(view({ past, current, waiting, idledUs }));
          if (!wait) return;
          expect(wait.rows).toBeGreaterThan(waiting);
          expect(wait.rows).toBeLessThanOrEqual(32);
          const savedUs =
            overheadHeavy(waiting) + overheadHeavy(wait.rows - waiting) - overheadHeavy(wait.rows);
          expect(wait.untilUs - 100_000 + idledUs).toBeLessThanOrEqual(savedUs + 1e-6);
        },
      ),
    );
  });
});
