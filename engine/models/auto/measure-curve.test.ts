import { describe, expect, it } from 'vitest';
import { measureCurve } from './measure-curve';

const SIZES = [1, 2, 4, 8];

/** A model that takes `costUs(rows, run)`; `run` counts all runs from 1. */
function modelOf(costUs: (rows: number, run: number) => number) {
  const ran: number[] = [];
  const run = async (rows: number) => {
    ran.push(rows);
    return costUs(rows, ran.length);
  };
  return { ran, run };
}

describe('the measurement of a cost curve', () => {
  it('runs the sizes by turns, nine times each, and does not count the runs that prepare them', async () => {
    const { ran, run } = modelOf((rows, i) => (i <= 5 ? 1e5 : 100 + rows));
    const found = await measureCurve({ sizes: SIZES, run, rounds: 9, limitUs: 1e9 });
    expect(found.map(({ rows }) => rows)).toEqual(SIZES);
    for (const { rows, runsUs } of found) expect(runsUs).toEqual(new Array(9).fill(100 + rows));
    expect(ran.slice(0, 9)).toEqual([1, 1, 2, 4, 8, 1, 2, 4, 8]);
  });

  it('leaves out the sizes that would take too long, and keeps to its limit but for one run', async () => {
    const { ran, run } = modelOf((rows) => rows * 1e6);
    const found = await measureCurve({ sizes: SIZES, run, rounds: 9, limitUs: 10e6 });
    expect(found.map(({ rows }) => rows)).toEqual([1, 2]);
    expect(ran.reduce((sum, rows) => sum + rows * 1e6, 0)).toBeLessThanOrEqual(10e6);
  });

  it('knows one size at least of a model that takes longer than the limit, from a single run', async () => {
    const { ran, run } = modelOf(() => 60e6);
    expect(await measureCurve({ sizes: SIZES, run, rounds: 9, limitUs: 2e6 })).toEqual([
      { rows: 1, runsUs: [60e6] },
    ]);
    expect(ran).toEqual([1]);
  });

  it('begins no other run once it is stopped', async () => {
    let stopped = false;
    const { ran, run } = modelOf((_rows, i) => {
      stopped = i === 7;
      return 100;
    });
    await measureCurve({ sizes: SIZES, run, rounds: 9, limitUs: 1e9, isStopped: () => stopped });
    expect(ran.length).toBe(7);
  });

  it('fails as a run fails', async () => {
    const run = () => Promise.reject(new Error('index out of bounds'));
    await expect(measureCurve({ sizes: SIZES, run, rounds: 9, limitUs: 1e9 })).rejects.toThrow(
      'index out of bounds',
    );
  });
});
