import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DOWN_AFTER_WINDOWS,
  initialScale,
  type LoadWindow,
  type ScaleLimits,
  type ScaleState,
  SETTLING_WINDOWS,
  scaleInstances,
  TRIAL_WINDOWS,
  UP_AFTER_WINDOWS,
} from './scale-instances';

const LIMITS: ScaleLimits = { min: 1, max: 4, cores: Number.POSITIVE_INFINITY };
const RUN_US = 10_000;

/**
 * A device under constant demand: n instances answer `capacity(n)` rows per second at most.
 * What they cannot answer waits, for as long as it takes.
 */
const windowOf = (demand: number, capacity: number): LoadWindow => ({
  rowsPerSecond: Math.min(demand, capacity),
  queueUs: demand > capacity ? 5 * RUN_US : 0,
  runUs: RUN_US,
  busyShare: Math.min(1, demand / capacity),
});

function play(
  windows: number,
  at: (count: number, i: number) => LoadWindow,
  limits = LIMITS,
  from: ScaleState = initialScale(limits.min),
) {
  let state = from;
  const counts: number[] = [];
  const reasons: string[] = [];
  for (let i = 0; i < windows; i++) {
    const decision = scaleInstances(state, at(state.count, i), limits);
    state = decision.state;
    counts.push(state.count);
    if (decision.reason) reasons.push(decision.reason);
  }
  return { state, counts, reasons };
}

const steps = (counts: readonly number[]): string =>
  counts
    .flatMap((count, i) =>
      i > 0 && count !== counts[i - 1] ? [count > (counts[i - 1] ?? 0) ? '+' : '-'] : [],
    )
    .join('');

describe('the number of instances', () => {
  it('grows while requests wait, as long as each step brings rows, and says why', () => {
    const { state, reasons } = play(60, (count) => windowOf(1000, 300 * count));
    expect(state.count).toBe(4);
    expect(reasons[0]).toBe(
      '1 -> 2 instances: requests waited 50.0 ms for runs of 10.0 ms while the instances were 100 % busy',
    );
    expect(reasons[1]).toBe('2 instances kept: 600 rows/s with 2 instances, 300 with 1');
    expect(reasons.at(-1)).toBe('4 instances kept: requests do not wait any more');
  });

  it('goes back when the step brought no rows, and does not try again under the same load', () => {
    const { state, counts, reasons } = play(2000, () => windowOf(1000, 300));
    expect(state.count).toBe(1);
    expect(steps(counts)).toBe('+-');
    expect(reasons[1]).toBe('2 -> 1 instances: no gain, 300 rows/s with 2 instances, 300 with 1');
  });

  it('tries again when the load is another one', () => {
    const { counts } = play(200, (_count, i) => windowOf(1000, i < 100 ? 300 : 500));
    expect(steps(counts)).toBe('+-+-');
  });

  it('falls back to the least number after the load went', () => {
    const { state } = play(30, (count) => windowOf(1000, 300 * count));
    const after = play(200, () => windowOf(10, 1000), LIMITS, state);
    expect(state.count).toBeGreaterThan(1);
    expect(after.state.count).toBe(1);
    expect(after.reasons.at(-1)).toMatch(/^2 -> 1 instances: for 15 looks in a row fewer would have done/);
  });

  it('stays when waiting is on purpose: the instances are not busy', () => {
    const waits = { rowsPerSecond: 100, queueUs: 50_000, runUs: 1000, busyShare: 0.1 };
    expect(steps(play(500, () => waits).counts)).toBe('');
  });

  it.each([
    // Rows per second of 4 threads as 1 x 4, 2 x 2, 3 x 1 (one idle) and 4 x 1.
    { shape: 'scales best on one thread', rows: [200, 300, 290, 400], kept: 4, seen: [1, 2, 4] },
    { shape: 'scales best on two', rows: [200, 300, 290, 310], kept: 2, seen: [1, 2, 4] },
    { shape: 'scales on all', rows: [300, 310, 200, 250], kept: 1, seen: [1, 2] },
  ])('of four threads a model that $shape gets $kept instances by measurement, none idle', (model) => {
    const limits = { ...LIMITS, cores: 4, threads: 4 };
    const { state, counts, reasons } = play(
      400,
      (count) => windowOf(1000, model.rows[count - 1] ?? 0),
      limits,
    );
    expect(state.count).toBe(model.kept);
    expect([...new Set(counts)].sort()).toEqual(model.seen);
    expect(reasons.at(-1)).toMatch(/\d+ rows\/s with \d instances, \d+ with \d$/);
  });

  it('tries a number that does not divide the threads where the bounds allow no other', () => {
    const limits = { ...LIMITS, max: 3, cores: 4, threads: 4 };
    const { counts } = play(400, (count) => windowOf(1000, 300 * count), limits);
    expect([...new Set(counts)]).toEqual([1, 2, 3]);
  });

  it('does not grow past the cores, nor past what memory allows, and says the latter once', () => {
    const pressed = windowOf(1000, 300);
    expect(play(100, () => pressed, { ...LIMITS, cores: 1 }).state.count).toBe(1);
    let state = initialScale(1);
    const reasons: string[] = [];
    for (let i = 0; i < 100; i++) {
      const decision = scaleInstances(state, pressed, LIMITS, 'no memory');
      state = decision.state;
      if (decision.reason) reasons.push(decision.reason);
    }
    expect([state.count, reasons]).toEqual([1, ['1 instances stay: no memory']]);
  });
});

const limits = fc
  .record({
    min: fc.integer({ min: 1, max: 8 }),
    more: fc.integer({ min: 0, max: 8 }),
    cores: fc.integer({ min: 8, max: 32 }),
  })
  .map(({ min, more, cores }): ScaleLimits => ({ min, max: min + more, cores }));

describe('whatever happens', () => {
  it('it is within its bounds, and changes by one at a time', () => {
    const window = fc.record({
      rowsPerSecond: fc.double({ min: 0, max: 1e6, noNaN: true }),
      queueUs: fc.double({ min: 0, max: 1e7, noNaN: true }),
      runUs: fc.double({ min: 0, max: 1e7, noNaN: true }),
      busyShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(limits, fc.array(window, { maxLength: 200 }), (bounds, windows) => {
        const { counts } = play(windows.length, (_count, i) => windows[i] as LoadWindow, bounds);
        let before = bounds.min;
        for (const count of counts) {
          expect(count).toBeGreaterThanOrEqual(bounds.min);
          expect(count).toBeLessThanOrEqual(bounds.max);
          expect(Math.abs(count - before)).toBeLessThanOrEqual(1);
          before = count;
        }
      }),
    );
  });

  it('it does not flap under a constant load: up as far as it pays, at most one step back, then still', () => {
    const device = fc.record({
      demand: fc.double({ min: 1, max: 5000, noNaN: true }),
      one: fc.double({ min: 50, max: 500, noNaN: true }),
      // What each further instance adds, as a share of the first.
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      noise: fc.array(fc.double({ min: 0.97, max: 1.03, noNaN: true }), { minLength: 7, maxLength: 7 }),
    });
    fc.assert(
      fc.property(limits, device, (bounds, { demand, one, share, noise }) => {
        const capacity = (count: number, i: number) =>
          one * (1 + share * (count - 1)) * (noise[i % noise.length] ?? 1);
        const { counts } = play(600, (count, i) => windowOf(demand, capacity(count, i)), bounds);
        expect(steps([bounds.min, ...counts])).toMatch(/^\+*-?$/);
      }),
    );
  });

  it('it reacts within the windows it states', () => {
    const up = play(SETTLING_WINDOWS + UP_AFTER_WINDOWS, (count) => windowOf(1000, 300 * count));
    expect(up.state.count).toBe(2);
    const judged = play(SETTLING_WINDOWS + TRIAL_WINDOWS, () => windowOf(1000, 300), LIMITS, up.state);
    expect(judged.state.count).toBe(1);
    const down = play(DOWN_AFTER_WINDOWS + SETTLING_WINDOWS, () => windowOf(1, 900), LIMITS, initialScale(3));
    expect(down.state.count).toBe(2);
  });
});
