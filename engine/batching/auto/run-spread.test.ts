import { describe, expect, it } from 'vitest';
import { RunSpread } from './run-spread';

describe('the spread of runs', () => {
  it('reckons with half as long again before it knows better', () => {
    expect(new RunSpread().slowShare).toBe(1.5);
  });

  it('learns that runs do not stray', () => {
    const spread = new RunSpread();
    for (let i = 0; i < 512; i++) spread.record(100, 101);
    expect(spread.slowShare).toBeCloseTo(1.01);
    expect(spread.meanShare).toBeCloseTo(1.01);
  });

  it('keeps the slow end where one run in a hundred is slow', () => {
    const spread = new RunSpread();
    for (let i = 0; i < 1_000; i++) spread.record(100, i % 100 === 0 ? 180 : 100);
    expect(spread.slowShare).toBeCloseTo(1.8);
  });

  it('follows a mean that moves, the slow end never below it', () => {
    const spread = new RunSpread();
    for (let i = 0; i < 300; i++) spread.record(100, 200);
    expect(spread.meanShare).toBeCloseTo(2, 1);
    expect(spread.slowShare).toBeGreaterThanOrEqual(spread.meanShare);
  });

  it('counts a halt of the machine as three times the mean: no batch is small enough to be spared it', () => {
    const spread = new RunSpread();
    for (let i = 0; i < 600; i++) spread.record(100, i % 50 === 0 ? 1e6 : 100);
    expect(spread.slowShare).toBeLessThanOrEqual(3 * spread.meanShare);
    expect(spread.meanShare).toBeLessThan(1.2);
  });

  it('does not believe a single slow run', () => {
    const spread = new RunSpread();
    for (let i = 0; i < 100; i++) spread.record(100, i === 40 ? 300 : 100);
    expect(spread.slowShare).toBe(1.5);
  });
});
