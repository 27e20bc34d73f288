import type { BatchRecord } from '../../../engine/contract';

/** A batch of four rows that ran well. */
export const batchRecord = (extra: Partial<BatchRecord> = {}): BatchRecord => ({
  id: 1,
  atMs: 0,
  model: 'm',
  version: '1',
  instance: 'm-0',
  rows: 4,
  paddedRows: 0,
  requests: 4,
  reason: 'full',
  oldestQueueUs: 100,
  computeInputUs: 1,
  computeInferUs: 2_000,
  computeOutputUs: 1,
  predictedUs: null,
  error: null,
  ...extra,
});
