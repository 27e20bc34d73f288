import { describe, expect, it } from 'vitest';
import { RunningBatches } from './running-batches';

/** On the instance; the run itself is a fifth shorter. */
const lasting = (keptUs: number) => ({ runUs: keptUs * 0.8, keptUs });

describe('the running batches', () => {
  it('free their instances at their expected ends, and not before now when they are late', () => {
    const running = new RunningBatches();
    running.started(1, lasting(500), 2, 1_000);
    expect(running.freeInUs(2, 1_200)).toEqual([0, 300]);
    expect(running.freeInUs(1, 1_900)).toEqual([0]);
    expect(running.nextFreeUs).toBe(1_500);
  });

  it('put a batch that was handed ahead behind the one that ends first', () => {
    const running = new RunningBatches();
    running.started(1, lasting(500), 2, 0);
    running.started(2, lasting(900), 2, 0);
    running.started(3, lasting(500), 2, 100);
    expect(running.freeInUs(2, 100)).toEqual([800, 900]);
    expect(running.ended(1, 600)).toEqual({ predictedUs: 400, tookUs: 600 });
    expect(running.freeInUs(2, 600)).toEqual([300, 500]);
    expect(running.ended(3, 1_150)).toEqual({ predictedUs: 400, tookUs: 550 });
  });

  it('know nothing of a batch that never started', () => {
    const running = new RunningBatches();
    expect(running.ended(7, 0)).toBeNull();
    expect(running.nextFreeUs).toBe(Number.POSITIVE_INFINITY);
  });
});
