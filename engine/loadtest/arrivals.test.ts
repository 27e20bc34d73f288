import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrivalSchedule, arrivalTimesUs } from './arrivals';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const rates = fc.double({ min: 0.1, max: 200_000, noNaN: true });
const schedules: fc.Arbitrary<ArrivalSchedule> = fc.record({
  kind: fc.constantFrom('constant' as const, 'poisson' as const),
  requestsPerSecond: rates,
  seed: seeds,
});

const first = (schedule: ArrivalSchedule, count: number) => {
  const next = arrivalTimesUs(schedule);
  return Array.from({ length: count }, next);
};

describe('arrival times', () => {
  it('never go back', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const times = first(schedule, 200);
        expect(times[0]).toBeGreaterThanOrEqual(0);
        for (let i = 1; i < times.length; i++) expect(times[i]!).toBeGreaterThanOrEqual(times[i - 1]!);
      }),
    );
  });

  it('are the same again for the same seed', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(first(schedule, 50)).toEqual(first(schedule, 50));
      }),
    );
  });

  it('differ between seeds when they are random', () => {
    const poisson = (seed: number) => first({ kind: 'poisson', requestsPerSecond: 100, seed }, 20);
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(poisson(seed)).not.toEqual(poisson((seed + 1) >>> 0));
      }),
    );
  });

  it('stand exactly one gap apart at a constant rate, without drift after a million', () => {
    const times = first({ kind: 'constant', requestsPerSecond: 3, seed: 1 }, 1_000_001);
    expect(times[3]).toBeCloseTo(1_000_000, 6);
    expect(times[1_000_000]! / 1e6).toBeCloseTo(1_000_000 / 3, 6);
  });

  it('keep the mean rate when they are random, for any seed', () => {
    fc.assert(
      fc.property(seeds, rates, (seed, requestsPerSecond) => {
        const count = 4_000;
        const lastUs = first({ kind: 'poisson', requestsPerSecond, seed }, count).at(-1)!;
        // The sum of n exponential gaps has mean n/rate and relative deviation 1/sqrt(n): 6 deviations are allowed.
        expect(Math.abs((lastUs * requestsPerSecond) / 1e6 / count - 1)).toBeLessThan(6 / Math.sqrt(count));
      }),
    );
  });

  it('have the spread of an exponential distribution when they are random: deviation equals mean', () => {
    const times = first({ kind: 'poisson', requestsPerSecond: 1_000, seed: 7 }, 50_000);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    const variance = gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length;
    expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.97);
    expect(Math.sqrt(variance) / mean).toBeLessThan(1.03);
  });
});
