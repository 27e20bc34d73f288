import type { BatchRecord } from '../../../engine/contract';

/** A batch whose time was predicted when it left. Microseconds on its instance. */
export interface PredictedBatch {
  readonly id: number;
  readonly rows: number;
  readonly predictedUs: number;
  readonly measuredUs: number;
}

export interface PredictionSummary {
  readonly batches: readonly PredictedBatch[];
  /** Median of measured over predicted: 1 is exact, 2 took twice as long. Null without a predicted batch. */
  readonly medianRatio: number | null;
  /** Share of the batches whose measured time is within a fifth of the predicted, 0 to 1. */
  readonly withinFifth: number | null;
}

/** Time on the instance, as `predictedUs` counts it. */
export const measuredUsOf = (batch: BatchRecord): number =>
  batch.computeInputUs + batch.computeInferUs + batch.computeOutputUs;

/** Measured over predicted; null where nothing was predicted or the batch failed and its time says nothing. */
export function ratioOf(batch: BatchRecord): number | null {
  if (batch.predictedUs === null || batch.predictedUs <= 0 || batch.error !== null) return null;
  return measuredUsOf(batch) / batch.predictedUs;
}

/** How well the times of the last batches were predicted. */
export function summarizePredictions(records: readonly BatchRecord[]): PredictionSummary {
  const batches = records.flatMap((record): PredictedBatch[] =>
    record.predictedUs === null || ratioOf(record) === null
      ? []
      : [
          {
            id: record.id,
            rows: record.rows,
            predictedUs: record.predictedUs,
            measuredUs: measuredUsOf(record),
          },
        ],
  );
  const ratios = batches.map(({ measuredUs, predictedUs }) => measuredUs / predictedUs).sort((a, b) => a - b);
  const near = ratios.filter((ratio) => Math.abs(ratio - 1) <= 0.2).length;
  return {
    batches,
    medianRatio: ratios[Math.floor(ratios.length / 2)] ?? null,
    withinFifth: ratios.length === 0 ? null : near / ratios.length,
  };
}
