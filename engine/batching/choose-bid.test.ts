import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseBid, LONGEST_LEAD_US, type StandingBid } from './choose-bid';

const bidOf = (more: Partial<StandingBid> & { slackUs?: number } = {}): StandingBid => ({
  bid: { rows: 1, predictedUs: 1000, deadlineUs: 1000 + (more.slackUs ?? Number.POSITIVE_INFINITY) },
  deviceClass: 'foreground',
  virtualUs: 0,
  ...more,
});

const anyBid = fc.record({
  slackUs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: -5000, max: 50_000 })),
  deviceClass: fc.constantFrom('foreground' as const, 'background' as const),
  virtualUs: fc.integer({ min: 0, max: 500_000 }),
});

describe('chooseBid', () => {
  test('always finds one among bids, of the foreground while it bids, never far ahead of its share', () => {
    fc.assert(
      fc.property(fc.array(anyBid, { minLength: 1, maxLength: 8 }), (records) => {
        const bids = records.map((record) => bidOf(record));
        const chosen = chooseBid(bids, 0);
        expect(chosen).not.toBeNull();
        const rivals = bids.filter(({ deviceClass }) => deviceClass === chosen?.deviceClass);
        if (chosen?.deviceClass === 'background') expect(rivals).toHaveLength(bids.length);
        const leastUs = Math.min(...rivals.map(({ virtualUs }) => virtualUs));
        expect((chosen?.virtualUs ?? 0) - leastUs).toBeLessThanOrEqual(LONGEST_LEAD_US);
      }),
    );
    expect(chooseBid([], 0)).toBeNull();
  });

  test('lets the smallest slack go first when it would be late behind another batch', () => {
    const fair = bidOf({ virtualUs: 0 });
    const late = bidOf({ virtualUs: 500, slackUs: 900 });
    const later = bidOf({ virtualUs: 400, slackUs: 950 });
    const early = bidOf({ virtualUs: 500, slackUs: 1000 });
    expect(chooseBid([fair, later, late], 0)).toBe(late);
    expect(chooseBid([fair, early], 0)).toBe(fair);
  });

  test.each([[[1, 2, 4]], [[1, 1, 1]], [[3, 50, 7]]])(
    'shares the device by weights %j when all want it, whatever their batches take',
    (weights) => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 100, max: 5000 }), {
            minLength: weights.length,
            maxLength: weights.length,
          }),
          (batchUs) => {
            const models = weights.map((weight, i) => ({
              ...bidOf(),
              weight,
              batchUs: batchUs[i] ?? 1,
              virtualUs: 0,
              hadUs: 0,
            }));
            const endUs = 3_000_000;
            for (let nowUs = 0; nowUs < endUs; ) {
              const next = chooseBid(models, nowUs);
              if (!next) throw new Error('the device stands still');
              next.hadUs += next.batchUs;
              next.virtualUs += next.batchUs / next.weight;
              nowUs += next.batchUs;
            }
            const sum = weights.reduce((a, b) => a + b, 0);
            for (const { hadUs, weight } of models) {
              const share = hadUs / endUs;
              expect(Math.abs(share - weight / sum)).toBeLessThan(0.05 * (weight / sum) + 5000 / endUs);
            }
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});
