import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predictionPlot } from './prediction-plot';

const batch = (predictedUs: number, measuredUs: number, id = 0) => ({ id, rows: 1, predictedUs, measuredUs });

describe('the plot of predictions', () => {
  it('has the line of exact predictions and the wedge within a fifth', () => {
    expect(predictionPlot([batch(900, 850)]).guide).toEqual([
      { predictedUs: 0, exactUs: 0, fifthUs: [0, 0] },
      { predictedUs: 1_000, exactUs: 1_000, fifthUs: [800, 1_200] },
    ]);
  });

  it('is not squeezed by a straggler, which stands at its edge and is counted', () => {
    const plot = predictionPlot([
      ...Array.from({ length: 99 }, () => batch(1_000, 1_100)),
      batch(1_000, 90_000),
    ]);
    expect(plot).toMatchObject({ topUs: 2_000, beyond: 1 });
    expect(plot.batches.at(-1)?.shownUs).toBe(2_000);
  });

  it('shows every prediction, and nearly all batches as they were measured', () => {
    const us = fc.double({ min: 1, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(us, us), { minLength: 1 }), (times) => {
        const plot = predictionPlot(times.map(([predictedUs, measuredUs]) => batch(predictedUs, measuredUs)));
        expect(plot.batches.every(({ predictedUs }) => predictedUs <= plot.topUs)).toBe(true);
        expect(plot.batches.every(({ shownUs }) => shownUs <= plot.topUs)).toBe(true);
        expect(plot.beyond).toBeLessThanOrEqual(times.length * 0.03);
      }),
    );
  });
});
