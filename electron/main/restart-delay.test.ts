import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restartDelayMs } from './restart-delay';

describe('restartDelayMs', () => {
  it('doubles from half a second to thirty seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(restartDelayMs)).toEqual([
      500, 1000, 2000, 4000, 8000, 16000, 30000, 30000,
    ]);
  });

  it('never shrinks and never leaves its bounds', () => {
    fc.assert(
      fc.property(fc.nat(5000), (failures) => {
        const delayMs = restartDelayMs(failures);
        expect(delayMs).toBeGreaterThanOrEqual(500);
        expect(restartDelayMs(failures + 1)).toBeGreaterThanOrEqual(delayMs);
        expect(delayMs).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
