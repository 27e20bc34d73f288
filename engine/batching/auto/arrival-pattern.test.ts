import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivalPattern, countUntil } from './arrival-pattern';

const SHORT_US = 50;

describe('the arrival pattern', () => {
  it('keeps what followed a batch as its offsets, and how long it was watched', () => {
    const pattern = new ArrivalPattern();
    pattern.completed(2, 1_000);
    pattern.arrived(1_040, true, SHORT_US);
    pattern.arrived(1_300, false, SHORT_US);
    pattern.completed(2, 2_000);
    expect(pattern.past).toEqual([
      { kind: 'completion', atUs: 1_000, rows: 2, offsetsUs: [40, 300], watchedUs: 1_000 },
    ]);
    expect(pattern.current).toMatchObject({ kind: 'completion', atUs: 2_000, offsetsUs: [] });
  });

  it('begins anew with an arrival at an idle engine that is no longer the answer to a batch', () => {
    const pattern = new ArrivalPattern();
    pattern.completed(2, 1_000);
    pattern.arrived(1_051, true, SHORT_US);
    pattern.arrived(1_060, false, SHORT_US);
    expect(pattern.current).toMatchObject({ kind: 'idle-arrival', atUs: 1_051, offsetsUs: [9] });
  });

  it('holds a bounded memory, however much arrives', () => {
    const pattern = new ArrivalPattern();
    for (let anchor = 0; anchor < 500; anchor++) {
      pattern.completed(1, anchor * 1_000);
      for (let i = 0; i < 1_000; i++) pattern.arrived(anchor * 1_000 + i, false, SHORT_US);
    }
    expect(pattern.past).toHaveLength(48);
    for (const { offsetsUs } of pattern.past) expect(offsetsUs).toHaveLength(256);
  });

  it('counts offsets up to a limit as a filter does (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 })),
        fc.integer({ min: -1, max: 51 }),
        (values, limit) => {
          const ascending = [...values].sort((a, b) => a - b);
          expect(countUntil(ascending, limit)).toBe(ascending.filter((value) => value <= limit).length);
        },
      ),
    );
  });
});
