import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullRowsOf, type LoadView, predictedFinishUs, retryAfterSeconds } from './admission-control';

const FULL_US = 1_000;
const load = (changes: Partial<LoadView>): LoadView => ({
  waitingRows: 0,
  rows: 1,
  fullRows: 8,
  fullUs: FULL_US,
  aloneUs: 200,
  slowUs: 0,
  strayUs: 0,
  freeInUs: [0],
  ...changes,
});

describe('the predicted finish', () => {
  it('is the own batch, as a full one, on an idle device', () => {
    expect(predictedFinishUs(load({}))).toBe(1_000);
    expect(predictedFinishUs(load({ waitingRows: 7 }))).toBe(1_000);
  });

  it('counts the full batches before it and what runs', () => {
    expect(predictedFinishUs(load({ waitingRows: 8, freeInUs: [400] }))).toBe(2_400);
    expect(predictedFinishUs(load({ waitingRows: 16, freeInUs: [400, 700] }))).toBe(400 + 2_000);
  });

  it('is that of a batch of its own for a request larger than any batch', () => {
    expect(predictedFinishUs(load({ rows: 64, aloneUs: 7_000 }))).toBe(7_000);
  });

  it('is no earlier than the answer when the plan is carried out (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: FULL_US }), { minLength: 1, maxLength: 4 }),
        (queue, frees) => {
          const freeInUs = frees.sort((a, b) => a - b);
          const own = queue.at(-1) ?? 1;
          const fullRows = fullRowsOf(8, Math.max(...queue));
          const waitingRows = queue.reduce((sum, rows) => sum + rows, 0) - own;
          // Two batches in a row hold more than a cap; the last may be without its pair.
          const finishUs = predictedFinishUs(load({ waitingRows, rows: own, fullRows, freeInUs }));
          expect(finishUs + FULL_US).toBeGreaterThanOrEqual(carriedOut(queue, freeInUs));
          if (Math.max(...queue) === 1) expect(finishUs).toBe(carriedOut(queue, freeInUs));
        },
      ),
    );
  });
});

/** When the last request of a queue is answered if every batch takes what fits into 8 rows and runs as a full one. */
function carriedOut(queue: readonly number[], freeInUs: readonly number[]): number {
  const free = [...freeInUs];
  let endUs = 0;
  for (let at = 0; at < queue.length; ) {
    for (let room = 8; at < queue.length && (queue[at] as number) <= room; at++) room -= queue[at] as number;
    const first = free.indexOf(Math.min(...free));
    endUs = free[first] = (free[first] as number) + FULL_US;
  }
  return endUs;
}

describe('retry after', () => {
  it('is the excess in whole seconds, at least one', () => {
    expect(retryAfterSeconds(24_100, 24_000)).toBe(1);
    expect(retryAfterSeconds(3_200_000, 1_000_000)).toBe(3);
  });
});
