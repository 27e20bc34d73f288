import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchPolicy } from './batch-policy';
import { type LaneView, planBatch } from './plan-batch';
import type { Forecast } from './predictor';

const policy = (more: Partial<BatchPolicy> = {}): BatchPolicy => ({
  maxBatchSize: 8,
  preferredBatchSizes: [more.maxBatchSize ?? 8],
  maxQueueDelayUs: 0,
  maxQueueSize: 100,
  unbatched: false,
  ...more,
});

const lane = (rows: number[], oldestEnqueuedUs = 0, rank = 0): LaneView => {
  const requests = rows.map((n) => ({
    rows: n,
    enqueuedUs: oldestEnqueuedUs,
    timeoutUs: Number.POSITIVE_INFINITY,
  }));
  return {
    rows: rows.reduce((sum, n) => sum + n, 0),
    rank,
    oldestEnqueuedUs,
    first: requests[0] ?? null,
    after: (request) => requests[requests.indexOf(request) + 1] ?? null,
  };
};

const view = (front: LaneView | null, ready: LaneView | null = null) => ({
  front,
  oldest: front,
  soonest: null,
  ready,
  isSplit: ready !== null,
});

const plan = (rows: number[], nowUs: number, more: Partial<BatchPolicy> = {}, idle = 1, ahead = 0) => {
  const only = rows.length > 0 ? lane(rows) : null;
  return planBatch(view(only), nowUs, policy(more), { idle, ahead });
};

describe('planBatch', () => {
  test('does nothing when nothing waits or no instance is idle', () => {
    expect(plan([], 0)).toEqual({ kind: 'idle' });
    expect(plan([1, 1], 0, {}, 0)).toEqual({ kind: 'idle' });
  });

  test('without a delay sends what is there at once, as "drained"', () => {
    expect(plan([1, 1, 1], 0)).toMatchObject({ kind: 'dispatch', requests: 3, reason: 'drained' });
  });

  test('a full batch leaves at once, whatever the delay', () => {
    expect(plan(new Array(20).fill(1), 0, { maxQueueDelayUs: 5000 })).toMatchObject({
      requests: 8,
      reason: 'full',
    });
  });

  test('waits for company until the oldest request has waited for the delay, then sends whatever is there', () => {
    expect(plan([1, 1], 100, { maxQueueDelayUs: 5000 })).toEqual({ kind: 'wait', untilUs: 5000 });
    expect(plan([1, 1], 4999, { maxQueueDelayUs: 5000 }).kind).toBe('wait');
    expect(plan([1, 1], 5000, { maxQueueDelayUs: 5000 })).toMatchObject({ requests: 2, reason: 'delay' });
  });

  test('the largest reachable preferred size leaves before the delay is up', () => {
    const sizes = { preferredBatchSizes: [2, 4], maxQueueDelayUs: 5000 };
    expect(plan([1, 1, 1], 0, sizes)).toMatchObject({ requests: 2, reason: 'preferred' });
    expect(plan([1, 1, 1, 1, 1], 0, sizes)).toMatchObject({ requests: 4, reason: 'preferred' });
    expect(plan([1], 0, sizes).kind).toBe('wait');
  });

  test('once the delay is up everything that fits goes, not only the preferred part', () => {
    expect(plan([1, 1, 1], 5000, { preferredBatchSizes: [2], maxQueueDelayUs: 5000 })).toMatchObject({
      requests: 3,
      reason: 'delay',
    });
  });

  test('requests are never split: one that does not fit stays for the next batch', () => {
    expect(plan([5, 5], 0, { maxQueueDelayUs: 5000 })).toMatchObject({ requests: 1, reason: 'full' });
  });

  test('a request larger than the limit runs alone instead of blocking the queue', () => {
    expect(plan([12, 1], 0, { maxQueueDelayUs: 5000 })).toMatchObject({ requests: 1, reason: 'full' });
  });

  test('an instance that still runs gets a second batch only when it is full', () => {
    const full = new Array(9).fill(1);
    expect(plan(full, 0, {}, 0, 1)).toMatchObject({ kind: 'dispatch', requests: 8, reason: 'full' });
    expect(plan([1, 1, 1], 0, {}, 0, 1)).toEqual({ kind: 'idle' });
    expect(plan([1, 1, 1], 9000, { maxQueueDelayUs: 5000 }, 0, 1)).toEqual({ kind: 'idle' });
    expect(plan(full, 0, { unbatched: true }, 0, 1)).toEqual({ kind: 'idle' });
  });

  test('with batching off every request goes alone', () => {
    expect(plan([1, 1, 1], 0, { unbatched: true, maxQueueDelayUs: 5000 })).toMatchObject({
      requests: 1,
      reason: 'unbatched',
    });
  });

  test('a full lane goes before an older one that may still wait, but not before one that is overdue', () => {
    const oldest = lane([1], 0);
    const ready = lane(new Array(8).fill(1), 1000);
    const waitALittle = policy({ maxQueueDelayUs: 5000 });
    expect(planBatch(view(oldest, ready), 2000, waitALittle, { idle: 1, ahead: 0 })).toMatchObject({
      lane: ready,
      reason: 'full',
    });
    expect(planBatch(view(oldest, ready), 5000, waitALittle, { idle: 1, ahead: 0 })).toMatchObject({
      lane: oldest,
      reason: 'delay',
    });
  });

  test('auto mode waits for company of the only lane, but not while another one has work for the idle instance', () => {
    const forecast: Forecast = {
      cap: 8,
      advise: (rows, _oldestUs, nowUs, mayWait) =>
        mayWait ? { kind: 'wait', untilUs: nowUs + 500 } : { kind: 'send', rows, reason: 'drained' },
    };
    const front = lane([1, 1]);
    const asked = (ready: LaneView | null) =>
      planBatch(view(front, ready), 0, policy(), { idle: 1, ahead: 0 }, forecast);
    expect(asked(null)).toEqual({ kind: 'wait', untilUs: 500 });
    expect(asked(lane(new Array(8).fill(1)))).toMatchObject({ lane: front, requests: 2, reason: 'drained' });
  });

  test('never exceeds the limit, never sends nothing, never waits past the delay (property)', () => {
    const cases = fc.record({
      rows: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 }),
      maxBatchSize: fc.integer({ min: 1, max: 16 }),
      preferred: fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 4 }),
      delayUs: fc.constantFrom(0, 1, 500, 5000),
      nowUs: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(cases, ({ rows, maxBatchSize, preferred, delayUs, nowUs }) => {
        const usable = preferred.filter((size) => size <= maxBatchSize).sort((a, b) => a - b);
        const result = plan(rows, nowUs, {
          maxBatchSize,
          maxQueueDelayUs: delayUs,
          preferredBatchSizes: usable.length > 0 ? usable : [maxBatchSize],
        });
        if (result.kind === 'wait') {
          expect(result.untilUs).toBe(delayUs);
          expect(nowUs).toBeLessThan(delayUs);
          return;
        }
        expect(result.kind).toBe('dispatch');
        if (result.kind !== 'dispatch') return;
        const sent = rows.slice(0, result.requests).reduce((sum, n) => sum + n, 0);
        expect(result.requests).toBeGreaterThanOrEqual(1);
        expect(result.requests === 1 || sent <= maxBatchSize).toBe(true);
      }),
    );
  });
});
