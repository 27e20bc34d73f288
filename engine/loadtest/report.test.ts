import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointLengthMs, RunReport } from './report';

const SECOND_US = 1_000_000;
/** Warm-up 0 to 2 s, measured part 2 to 12 s. */
const report = () => new RunReport(0, 2_000, 10_000);
const resultOf = (run: RunReport, nowUs = 20 * SECOND_US) => run.snapshot(nowUs, 'finished', false, 0);

describe('the report of a run', () => {
  it('counts a request by its intended start, however late its answer', () => {
    const run = report();
    for (const [intendedS, answeredS] of [
      [1.9, 2.1],
      [2, 2.5],
      [11.9, 15],
      [12, 12.1],
    ] as const) {
      run.sent(intendedS * SECOND_US);
      run.succeeded(intendedS * SECOND_US, intendedS * SECOND_US, answeredS * SECOND_US);
    }
    const result = resultOf(run);
    expect(result.counts).toEqual({ offered: 2, sent: 2, succeeded: 2, dropped: 0, errors: {} });
    expect(result.latency.maxMs).toBe(3_100);
  });

  it('counts throughput by when the answer came, so that an overloaded server gets no credit for what it finishes later', () => {
    const run = report();
    for (let i = 0; i < 100; i++) {
      run.sent(5 * SECOND_US);
      run.succeeded(5 * SECOND_US, 5 * SECOND_US, (i < 40 ? 6 : 13) * SECOND_US);
    }
    expect(resultOf(run).counts.succeeded).toBe(100);
    expect(resultOf(run).achievedPerSecond).toBe(4);
  });

  it('counts latency from the intended start and service time from the send', () => {
    const run = report();
    run.sent(3 * SECOND_US);
    run.lagged(3 * SECOND_US, 3.002 * SECOND_US);
    run.succeeded(3 * SECOND_US, 3.002 * SECOND_US, 3.01 * SECOND_US);
    const result = resultOf(run);
    expect([result.latency.p50Ms, result.serviceTime.p50Ms, result.generatorLagP99Ms]).toEqual([10, 8, 2]);
  });

  it('has no lag to report for a closed loop', () => {
    const run = report();
    run.sent(3 * SECOND_US);
    expect(resultOf(run).generatorLagP99Ms).toBeNull();
  });

  it('measures up to the stop when it is stopped', () => {
    const run = report();
    run.sent(3 * SECOND_US);
    run.succeeded(3 * SECOND_US, 3 * SECOND_US, 3.5 * SECOND_US);
    run.cutAt(4 * SECOND_US);
    run.sent(5 * SECOND_US);
    const result = resultOf(run);
    expect([result.measuredMs, result.counts.sent, result.achievedPerSecond]).toEqual([2_000, 1, 0.5]);
  });

  it('has measured nothing when it is stopped in the warm-up', () => {
    const run = report();
    run.sent(0);
    run.cutAt(SECOND_US);
    run.succeeded(0, 0, 1.5 * SECOND_US);
    expect(resultOf(run)).toMatchObject({
      measuredMs: 0,
      achievedPerSecond: 0,
      counts: { sent: 0, succeeded: 0 },
    });
  });

  it('keeps offered = sent + dropped and sent = succeeded + errors, for any order of events', () => {
    const events = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 13_000 }), fc.constantFrom('ok', 'timeout', 'drop'), fc.nat(3_000)),
    );
    fc.assert(
      fc.property(events, (all) => {
        const run = report();
        for (const [atMs, end, tookMs] of all) {
          const atUs = atMs * 1000;
          if (end === 'drop') run.dropped(atUs);
          else run.sent(atUs);
          if (end === 'ok') run.succeeded(atUs, atUs, atUs + tookMs * 1000);
          if (end === 'timeout') run.failed(atUs, end);
        }
        const { counts } = resultOf(run);
        const errors = Object.values(counts.errors).reduce((a, b) => a + b, 0);
        expect(counts.offered).toBe(counts.sent + counts.dropped);
        expect(counts.sent).toBe(counts.succeeded + errors);
        expect(counts.offered).toBe(all.filter(([atMs]) => atMs >= 2_000 && atMs < 12_000).length);
      }),
    );
  });

  it('does not grow with the kinds of errors that a server invents', () => {
    const run = report();
    for (let i = 0; i < 1_000; i++) {
      run.sent(3 * SECOND_US);
      run.failed(3 * SECOND_US, `HTTP 500 CODE_${i}`);
    }
    const { errors } = resultOf(run).counts;
    expect(Object.keys(errors).length).toBeLessThanOrEqual(33);
    expect(Object.values(errors).reduce((a, b) => a + b, 0)).toBe(1_000);
  });

  it('cuts a point each second, one of them at the beginning of the measured part', () => {
    const run = new RunReport(0, 1_500, 3_000);
    for (let ms = 0; ms <= 4_500; ms += 20) {
      if (ms >= 1_500) {
        run.sent(ms * 1000);
        run.succeeded(ms * 1000, ms * 1000, ms * 1000 + 4_000);
      }
      run.tick(ms * 1000);
    }
    run.closeLastPoint(4_500_000);
    const { points } = resultOf(run);
    expect(points.map(({ atMs }) => Math.round(atMs / 500) * 500)).toEqual([-1_000, 0, 1_000, 2_000, 3_000]);
    expect(points.map(({ succeededPerSecond }) => Math.round(succeededPerSecond / 10) * 10)).toEqual([
      0, 0, 50, 50, 50,
    ]);
    expect(points.map(({ p99Ms }) => p99Ms)).toEqual([null, 4, 4, 4, 4]);
  });

  it('makes points longer in long runs', () => {
    expect(pointLengthMs(2_000, 20_000)).toBe(1_000);
    fc.assert(
      fc.property(fc.nat(600_000), fc.integer({ min: 500, max: 86_400_000 }), (warmupMs, durationMs) => {
        const lengthMs = pointLengthMs(warmupMs, durationMs);
        expect((warmupMs + durationMs) / lengthMs).toBeLessThanOrEqual(300);
        expect(lengthMs % 1_000).toBe(0);
      }),
    );
  });
});
