import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { downsample, type SeriesRow } from './downsample';

const rowsOf = (values: readonly (number | null)[], everyMs = 500): SeriesRow[] =>
  values.map((value, i) => ({
    atMs: 1_700_000_000_000 + i * everyMs,
    values: [value, value === null ? null : -value],
  }));

const seriesOf = (rows: readonly SeriesRow[], series: number) =>
  rows.map((row) => row.values[series] ?? null).filter((value) => value !== null);

describe('downsample', () => {
  test('leaves few rows as they are', () => {
    const rows = rowsOf([1, 2, 3]);
    expect(downsample(rows, 60_000, 240)).toBe(rows);
  });

  test('keeps a peak of a single beat in a quarter of an hour', () => {
    const values: number[] = new Array(1_800).fill(10);
    values[777] = 9_000;
    expect(Math.max(...seriesOf(downsample(rowsOf(values), 900_000, 240), 0))).toBe(9_000);
  });

  test('keeps a series empty that has no value in a bucket', () => {
    const rows = downsample(rowsOf(new Array(1_800).fill(null)), 900_000, 240);
    expect(seriesOf(rows, 0)).toEqual([]);
  });

  test('has the same extremes, no more rows than asked, and times in order, for any series', () => {
    const value = fc.option(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { nil: null });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 700 }),
        fc.integer({ min: 8, max: 300 }),
        (values, maxRows) => {
          const rows = rowsOf(values);
          const few = downsample(rows, rows.length * 500, maxRows);
          expect(few.length).toBeLessThanOrEqual(Math.max(maxRows, 1));
          for (const series of [0, 1]) {
            const [all, kept] = [seriesOf(rows, series), seriesOf(few, series)];
            expect(kept.length > 0).toBe(all.length > 0);
            expect(Math.min(...kept)).toBe(Math.min(...all));
            expect(Math.max(...kept)).toBe(Math.max(...all));
          }
          const times = few.map((row) => row.atMs);
          expect(times).toEqual([...times].sort((a, b) => a - b));
        },
      ),
    );
  });

  test('does not move a row while the window moves on', () => {
    const values = Array.from({ length: 1_900 }, (_, i) => Math.sin(i * i));
    const rows = rowsOf(values);
    const before = downsample(rows.slice(0, 1_800), 900_000, 240);
    const after = downsample(rows.slice(1, 1_801), 900_000, 240);
    const atOf = new Map(after.map((row) => [row.atMs, row.values]));
    for (const row of before.slice(4, -4)) expect(atOf.get(row.atMs)).toEqual(row.values);
  });
});
