import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CostCurve, profiledSizes } from './cost-curve';

const ofMeans = (means: readonly (readonly [number, number])[]) =>
  new CostCurve(means.map(([rows, us]) => ({ rows, runsUs: [us] })));

const padded = (rows: number) => 1500 + 1200 * Math.ceil(rows / 8);

describe('a cost curve', () => {
  it('interpolates between sizes and goes on in proportion', () => {
    const curve = ofMeans([
      [1, 100],
      [2, 200],
      [4, 260],
    ]);
    expect(curve.meanUs(3)).toBe(230);
    expect(curve.meanUs(8)).toBe(520);
    expect(curve.meanUs(0)).toBe(0);
  });

  it('reads a dip as disturbed: neighbours share their mean', () => {
    const curve = ofMeans([
      [1, 100],
      [2, 220],
      [4, 200],
    ]);
    expect(curve.meanUs(2)).toBe(210);
    expect(curve.meanUs(4)).toBe(210);
  });

  it('never falls and never stays without a best size, whatever was measured and run (property)', () => {
    const us = fc.double({ min: 1, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 80 }), us), {
          minLength: 1,
          selector: ([rows]) => rows,
        }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), us)),
        (means, runs) => {
          const curve = ofMeans(means.sort(([a], [b]) => a - b));
          for (const [rows, tookUs] of runs) curve.record(rows, tookUs);
          for (let rows = 1; rows <= 100; rows++) {
            expect(curve.meanUs(rows)).toBeGreaterThanOrEqual(curve.meanUs(rows - 1));
            expect(curve.bestRows(rows)).toBeGreaterThanOrEqual(1);
            expect(curve.bestRows(rows)).toBeLessThanOrEqual(rows);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends eight of nine on a model padded to eight', () => {
    const curve = ofMeans(profiledSizes(32).map((rows) => [rows, padded(rows)]));
    expect(curve.bestRows(9)).toBe(8);
  });

  it('does not prefer 15 rows to 16 for a hundredth of their rate', () => {
    const curve = ofMeans([
      [1, 2100],
      [15, 3465],
      [16, 3740],
    ]);
    expect(curve.bestRows(16)).toBe(16);
  });

  it('caps batches at the best size of those that are short enough, one at least', () => {
    const curve = ofMeans(profiledSizes(32).map((rows) => [rows, 2000 + 400 * rows]));
    expect(curve.capRows(32, (us) => us <= 12_000)).toBe(25);
    expect(curve.capRows(32, () => false)).toBe(1);
    expect(curve.capRows(32, () => true)).toBe(32);
  });

  it('prefers larger batches where each keeps its instance beside its run', () => {
    const curve = ofMeans([
      [1, 1_000],
      [2, 2_100],
      [4, 4_400],
    ]);
    expect(curve.bestRows(4)).toBe(1);
    curve.betweenUs = 500;
    expect(curve.bestRows(4)).toBe(4);
  });

  it('forgets a change of clocks within a few dozen batches', () => {
    const curve = ofMeans([
      [1, 100],
      [8, 400],
    ]);
    for (let i = 0; i < 40; i++) curve.record(8, 800);
    expect(curve.meanUs(8)).toBeGreaterThan(780);
  });

  it('reckons that what slows one size down slows the others, too, and that it ends for all', () => {
    const curve = ofMeans([
      [1, 100],
      [8, 400],
      [16, 700],
    ]);
    for (let i = 0; i < 60; i++) curve.record(8, 1_200);
    for (const [rows, us] of [
      [1, 300],
      [16, 2_100],
    ] as const)
      expect(curve.meanUs(rows) / us).toBeCloseTo(1, 1);
    // Eight rows do not run meanwhile.
    for (let i = 0; i < 500; i++) curve.record(1, 100);
    expect(curve.meanUs(8)).toBeLessThan(420);
    expect(curve.meanUs(16)).toBeCloseTo(700, 0);
  });

  it('keeps apart what differs by size while all sizes run', () => {
    const curve = ofMeans([
      [1, 100],
      [8, 400],
    ]);
    for (let i = 0; i < 200; i++) curve.record(i % 2 === 0 ? 1 : 8, i % 2 === 0 ? 100 : 600);
    expect(curve.meanUs(1)).toBeCloseTo(100, -1);
    expect(curve.meanUs(8) / 600).toBeCloseTo(1, 1);
  });

  it('is not moved far by two halts of the machine in a row', () => {
    const curve = ofMeans([[1, 100]]);
    for (let i = 0; i < 2; i++) curve.record(1, 1e6);
    expect(curve.meanUs(1)).toBeLessThan(125);
  });

  it('takes in a size that was never profiled, and leaves out what took no time', () => {
    const curve = ofMeans([
      [1, 100],
      [8, 800],
    ]);
    curve.record(5, 900);
    curve.record(6, 0);
    curve.record(6, Number.NaN);
    expect(curve.points.map(({ rows }) => rows)).toEqual([1, 5, 8]);
  });

  it('is the same after it was kept as points', () => {
    const curve = new CostCurve([
      { rows: 1, runsUs: [90, 100, 110, 400, 101, 102] },
      { rows: 4, runsUs: [300, 310, 305] },
    ]);
    const again = CostCurve.of(curve.points);
    for (let rows = 1; rows <= 10; rows++) expect(again.meanUs(rows)).toBe(curve.meanUs(rows));
  });

  it.each([
    [
      'falls at 2 rows',
      [
        [1, 100],
        [2, 50],
      ],
      2,
    ],
    ['ends at 1 rows', [[1, 100]], 2],
    ['begins at 2 rows', [[2, 100]], 2],
    ['not a positive number', [[1, 0]], 1],
    [
      'do not ascend at 1',
      [
        [2, 100],
        [1, 100],
      ],
      2,
    ],
    ['has no point', [], 2],
  ] as const)('is measured again when it %s', (fault, points, most) => {
    const record = points.map(([rows, us]) => ({ rows, meanUs: us, lowUs: us, highUs: us, runs: 1 }));
    expect(CostCurve.faultOf(record, most)).toContain(fault);
  });

  it('is good as it is when it rises up to the largest batch', () => {
    const point = (rows: number, us: number) => ({ rows, meanUs: us, lowUs: us, highUs: us, runs: 1 });
    expect(CostCurve.faultOf([point(1, 100), point(2, 150)], 2)).toBeNull();
  });
});

describe('the profiled sizes', () => {
  it('ascend, hold 1 and the largest, and neighbours of powers of two (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), (most) => {
        const sizes = profiledSizes(most);
        expect(sizes[0]).toBe(1);
        expect(sizes.at(-1)).toBe(most);
        expect([...sizes].sort((a, b) => a - b)).toEqual(sizes);
        if (most > 9) expect(sizes).toEqual(expect.arrayContaining([8, 9]));
      }),
    );
  });
});
