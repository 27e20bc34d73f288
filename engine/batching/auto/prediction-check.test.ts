import { describe, expect, it } from 'vitest';
import { PredictionCheck } from './prediction-check';

const record = (check: PredictionCheck, count: number, tookUs: number) =>
  Array.from({ length: count }, () => check.record(100, tookUs)).filter((why) => why !== null);

describe('the check of predictions', () => {
  it('gives up waiting after 50 batches off by more than 20 %, says so once, and takes it up again', () => {
    const check = new PredictionCheck();
    expect(record(check, 49, 130)).toEqual([]);
    expect(check.isOff).toBe(false);
    expect(record(check, 30, 130)).toEqual([expect.stringContaining('30 %')]);
    expect(check.isOff).toBe(true);
    expect(record(check, 60, 101)).toEqual([expect.stringContaining('wait again')]);
    expect(check.isOff).toBe(false);
  });

  it('does not flap between the two bounds', () => {
    const check = new PredictionCheck();
    record(check, 50, 130);
    expect(record(check, 200, 118)).toEqual([]);
    expect(check.isOff).toBe(true);
  });

  it('knows no error before the first batch, and then the median', () => {
    const check = new PredictionCheck();
    expect(check.error).toBeNull();
    check.record(100, 110);
    check.record(100, 70);
    expect(check.error).toBeCloseTo(0.2);
    check.record(100, 900);
    expect(check.error).toBeCloseTo(0.3);
  });

  it('goes on waiting where a machine halts one run in ten', () => {
    const check = new PredictionCheck();
    for (let i = 0; i < 200; i++) check.record(100, i % 10 === 0 ? 1_000 : 105);
    expect(check.isOff).toBe(false);
  });
});
