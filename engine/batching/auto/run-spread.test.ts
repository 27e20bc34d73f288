import { describe, expect, it } from 'vitest';
import { RunSpread } from './run-spread';

/** Runs predicted at 100 us, with nothing between them, unless told otherwise. */
function spreadOf(runs: number, runUs: (i: number) => number, betweenUs: (i: number) => number = () => 0) {
  const spread = new RunSpread();
  for (let i = 0; i < runs; i++) spread.record(100, runUs(i), runUs(i) + betweenUs(i));
  return spread;
}

describe('the spread of runs', () => {
  it('reckons with half as long again before it knows better', () => {
    expect(new RunSpread().slowUs(100)).toBe(50);
  });

  it('learns that runs do not stray', () => {
    const spread = spreadOf(512, () => 101);
    expect(spread.slowUs(100)).toBeLessThan(1);
    expect(spread.expectedUs(100)).toBeCloseTo(101);
    expect(spread.strayUs(100)).toBeLessThan(1);
  });

  it('keeps the slow end where one run in a hundred is slow', () => {
    expect(spreadOf(1_000, (i) => (i % 100 === 0 ? 180 : 100)).slowUs(100)).toBeCloseTo(80, -1);
  });

  it('follows a mean that moves', () => {
    expect(spreadOf(300, () => 200).expectedUs(100)).toBeCloseTo(200, -1);
  });

  it('takes the way to the instance and back as the same for every size', () => {
    const spread = spreadOf(
      600,
      () => 100,
      () => 150,
    );
    expect(spread.betweenUs).toBeCloseTo(150, 0);
    expect(spread.expectedUs(100)).toBeCloseTo(250, 0);
    expect(spread.expectedUs(1_600)).toBeCloseTo(1_750, 0);
  });

  it('counts a halt of the machine as three times what is expected: no batch is small enough to be spared it', () => {
    const spread = spreadOf(600, (i) => (i % 50 === 0 ? 1e6 : 100));
    expect(spread.slowUs(100)).toBeLessThanOrEqual(2 * 120);
    expect(spread.expectedUs(100)).toBeLessThan(120);
  });

  it('does not believe a single slow run', () => {
    expect(spreadOf(100, (i) => (i === 40 ? 300 : 100)).slowUs(100)).toBe(50);
  });
});
