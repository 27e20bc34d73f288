import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowLimit } from './row-limit';

const MINUTE_US = 60e6;

/** A limit of 4 since `nowUs` 0. */
function limitOfFour(): RowLimit {
  const limit = new RowLimit();
  limit.failed(8, false, 0);
  return limit;
}

test('no trial before its time, and one at a time', () => {
  const limit = limitOfFour();
  expect(limit.rows).toBe(4);
  expect(limit.isTrialDue(MINUTE_US - 1)).toBe(false);
  expect(limit.isTrialDue(MINUTE_US)).toBe(true);
  limit.started(1, 4, MINUTE_US);
  expect(limit.isTrial(1)).toBe(false);
  limit.started(2, 8, MINUTE_US);
  expect(limit.isTrial(2)).toBe(true);
  expect(limit.isTrialDue(MINUTE_US)).toBe(false);
});

test('a batch that was under way when the limit was set says nothing about it', () => {
  const limit = limitOfFour();
  expect(limit.fitted(7, 16, 10)).toBe(false);
  expect(limit.rows).toBe(4);
});

test('trials that fail come at intervals that double up to an hour; the limit stays', () => {
  const limit = limitOfFour();
  let nowUs = 0;
  const waits: number[] = [];
  for (let id = 0; id < 9; id++) {
    const beganUs = nowUs;
    while (!limit.isTrialDue(nowUs)) nowUs += MINUTE_US;
    waits.push((nowUs - beganUs) / MINUTE_US);
    limit.started(id, 8, nowUs);
    limit.failed(8, limit.isTrial(id), nowUs);
    limit.ended(id, nowUs);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(limit.rows).toBe(4);
});

test('a trial that ends without a word about memory is tried again after the same wait', () => {
  const limit = limitOfFour();
  limit.started(1, 8, MINUTE_US);
  limit.ended(1, MINUTE_US);
  expect(limit.rows).toBe(4);
  expect(limit.isTrialDue(2 * MINUTE_US - 1)).toBe(false);
  expect(limit.isTrialDue(2 * MINUTE_US)).toBe(true);
});

test('whatever happens, the limit is at least one row, rises by trials only, and a trial comes within an hour', () => {
  const step = fc.record({
    rows: fc.integer({ min: 1, max: 64 }),
    fits: fc.boolean(),
    waitUs: fc.nat(7200e6),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const limit = limitOfFour();
      let nowUs = 0;
      for (const [id, { rows, fits, waitUs }] of steps.entries()) {
        nowUs += waitUs;
        const before = limit.rows;
        limit.started(id, rows, nowUs);
        const isTrial = limit.isTrial(id);
        if (fits) expect(limit.fitted(id, rows, nowUs)).toBe(isTrial);
        else {
          limit.failed(rows, isTrial, nowUs);
          limit.ended(id, nowUs);
        }
        if (limit.rows > before) expect(isTrial && fits).toBe(true);
        expect(limit.rows).toBeGreaterThanOrEqual(1);
        expect(limit.isTrialDue(nowUs + 3600e6)).toBe(true);
      }
    }),
  );
});
