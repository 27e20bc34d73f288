import type { Batch, BatchOutput } from '../batching';
import type { BatchRecord } from '../contract';

/** Where and when a batch ended, and why it failed (null: it did not). */
export type BatchPlace = Pick<BatchRecord, 'atMs' | 'model' | 'version' | 'instance' | 'error'>;

/** A batch as the inspector shows it. `output` is null when it failed. */
export function batchRecord(batch: Batch, output: BatchOutput | null, place: BatchPlace): BatchRecord {
  const { id, rows, paddedRows, entries, reason, oldestQueueUs, predictedUs } = batch;
  return {
    ...place,
    id,
    rows,
    paddedRows,
    requests: entries.length,
    reason,
    oldestQueueUs,
    computeInputUs: output?.computeInputUs ?? 0,
    computeInferUs: output?.computeInferUs ?? 0,
    computeOutputUs: output?.computeOutputUs ?? 0,
    predictedUs,
  };
}
