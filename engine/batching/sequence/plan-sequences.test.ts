import { describe, expect, test } from 'vitest';
import { planDirect, planOldest, type ReadySequence } from './plan-sequences';

const ready = (lanes: string, enqueuedUs = 0): ReadySequence[] =>
  [...lanes].map((laneKey, i) => ({ laneKey, enqueuedUs: enqueuedUs + i }));

describe('planOldest', () => {
  const strategy = { maxQueueDelayUs: 1000, preferredBatchSizes: [2] };
  const plan = (all: readonly ReadySequence[], nowUs: number, more: Partial<typeof strategy> = {}) =>
    planOldest(all, nowUs, { ...strategy, ...more }, 4);

  test('nothing ready: idle; one ready: it waits for company until its delay is up, to the microsecond', () => {
    expect(plan([], 0)).toEqual({ kind: 'idle' });
    expect(plan(ready('a', 50), 1049)).toEqual({ kind: 'wait', untilUs: 1050 });
    expect(plan(ready('a', 50), 1050)).toMatchObject({ kind: 'dispatch', reason: 'delay' });
  });

  test('the delay counts from the oldest request, which need not be ready longest', () => {
    const all = [...ready('a', 900), ...ready('a', 100), ...ready('a', 500)];
    expect(plan(all, 1099, { preferredBatchSizes: [] })).toEqual({ kind: 'wait', untilUs: 1100 });
    expect(plan(all, 1100, { preferredBatchSizes: [] })).toMatchObject({ chosen: all, reason: 'delay' });
  });

  test('the largest preferred size leaves at once, and when the delay is up everything that fits', () => {
    const all = ready('aaa');
    expect(plan(all, 10)).toMatchObject({ chosen: all.slice(0, 2), reason: 'preferred' });
    expect(plan(all, 1000)).toMatchObject({ chosen: all, reason: 'delay' });
    expect(plan(ready('aaaaa'), 10)).toMatchObject({ chosen: { length: 4 }, reason: 'full' });
    expect(plan(ready('a'), 0, { maxQueueDelayUs: 0 })).toMatchObject({ reason: 'drained' });
  });

  test('a lane that waits for company hides neither a batch of another nor its delay', () => {
    expect(plan(ready('abb'), 10)).toMatchObject({ chosen: ready('abb').slice(1), reason: 'preferred' });
    const younger = [...ready('a', 800), ...ready('b', 200)];
    expect(plan(younger, 900)).toEqual({ kind: 'wait', untilUs: 1200 });
    expect(plan(younger, 1200)).toMatchObject({ chosen: younger.slice(1), reason: 'delay' });
  });
});

describe('planDirect', () => {
  const strategy = { maxQueueDelayUs: 1000, minimumSlotUtilization: 0.5 };
  const plan = (all: readonly ReadySequence[], nowUs: number, more: Partial<typeof strategy> = {}) =>
    planDirect(all, nowUs, { ...strategy, ...more }, 4);

  test('waits for the share of slots that is asked for, at most for the delay of the oldest request', () => {
    expect(plan([], 0)).toEqual({ kind: 'idle' });
    expect(plan(ready('a', 50), 1049)).toEqual({ kind: 'wait', untilUs: 1050 });
    expect(plan(ready('a', 50), 1050)).toMatchObject({ reason: 'delay' });
    expect(plan(ready('aa'), 10)).toMatchObject({ reason: 'preferred' });
    expect(plan(ready('aaaa'), 10)).toMatchObject({ reason: 'full' });
    expect(plan(ready('a'), 0, { minimumSlotUtilization: 0 })).toMatchObject({ reason: 'drained' });
  });

  test('a lane that waits for company does not hide another one with enough slots, and goes first when its delay is up', () => {
    const all = [...ready('bb', 20), ...ready('a', 10)];
    expect(plan(all, 30)).toMatchObject({ chosen: ready('bb', 20), reason: 'preferred' });
    expect(plan(all, 1010)).toMatchObject({ chosen: ready('a', 10), reason: 'delay' });
    const few = [...ready('b', 20), ...ready('a', 10)];
    expect(plan(few, 30)).toEqual({ kind: 'wait', untilUs: 1010 });
  });
});
