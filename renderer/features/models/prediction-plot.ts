import { roundUp } from '../../charts';
import type { PredictedBatch } from './prediction-summary';

/** What the prediction chart draws; both axes end at `topUs`. Microseconds. */
export interface PredictionPlot {
  readonly topUs: number;
  /** The line of exact predictions, and the wedge within a fifth of it. */
  readonly guide: readonly {
    readonly predictedUs: number;
    readonly exactUs: number;
    readonly fifthUs: [lowUs: number, highUs: number];
  }[];
  /** `shownUs`: as measured, or the upper edge. */
  readonly batches: readonly (PredictedBatch & { readonly shownUs: number })[];
  /** Batches at the upper edge. */
  readonly beyond: number;
}

/** The few slowest batches may lie beyond the chart: one straggler must not squeeze all others into a corner. */
const SHOWN_SHARE = 0.97;

export function predictionPlot(batches: readonly PredictedBatch[]): PredictionPlot {
  const measured = batches.map(({ measuredUs }) => measuredUs).sort((a, b) => a - b);
  const usual = measured[Math.ceil(measured.length * SHOWN_SHARE) - 1] ?? 1;
  const topUs = roundUp(1.05 * Math.max(usual, ...batches.map(({ predictedUs }) => predictedUs)));
  return {
    topUs,
    guide: [0, topUs].map((us) => ({ predictedUs: us, exactUs: us, fifthUs: [us * 0.8, us * 1.2] })),
    batches: batches.map((batch) => ({ ...batch, shownUs: Math.min(batch.measuredUs, topUs) })),
    beyond: batches.filter(({ measuredUs }) => measuredUs > topUs).length,
  };
}
