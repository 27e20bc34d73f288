import { type BatchRecord, DEPARTURE_REASONS, type DepartureReason } from '../../../engine/contract';

/** Batches of `fromRows` to `toRows` rows, counted by why they left. */
export interface SizeBin {
  readonly fromRows: number;
  readonly toRows: number;
  readonly count: number;
  readonly byReason: Readonly<Partial<Record<DepartureReason, number>>>;
}

export interface BatchSummary {
  readonly batches: number;
  readonly requests: number;
  readonly rows: number;
  readonly failed: number;
  readonly meanRows: number | null;
  readonly meanInferUs: number | null;
  /** Mean of the oldest request's wait per batch. */
  readonly meanOldestQueueUs: number | null;
  /** Reasons that occur, most frequent first. */
  readonly reasons: readonly { readonly reason: DepartureReason; readonly count: number }[];
  readonly bins: readonly SizeBin[];
}

/** More bars than this are neither readable nor cheap. */
export const MAX_BINS = 40;

function binsOf(batches: readonly BatchRecord[]): SizeBin[] {
  const largest = Math.max(1, ...batches.map((batch) => batch.rows));
  const width = Math.ceil(largest / MAX_BINS);
  const bins = Array.from({ length: Math.ceil(largest / width) }, (_, i) => ({
    fromRows: i * width + 1,
    toRows: (i + 1) * width,
    count: 0,
    byReason: {} as Partial<Record<DepartureReason, number>>,
  }));
  for (const batch of batches) {
    const bin = bins[Math.max(0, Math.ceil(batch.rows / width) - 1)];
    if (bin === undefined) continue;
    bin.count += 1;
    bin.byReason[batch.reason] = (bin.byReason[batch.reason] ?? 0) + 1;
  }
  return bins;
}

/** What the last batches have in common: sizes by reason, and the means over them. */
export function summarizeBatches(batches: readonly BatchRecord[]): BatchSummary {
  const sum = (pick: (batch: BatchRecord) => number) =>
    batches.reduce((total, batch) => total + pick(batch), 0);
  const mean = (pick: (batch: BatchRecord) => number) =>
    batches.length === 0 ? null : sum(pick) / batches.length;
  return {
    batches: batches.length,
    requests: sum((batch) => batch.requests),
    rows: sum((batch) => batch.rows),
    failed: batches.filter((batch) => batch.error !== null).length,
    meanRows: mean((batch) => batch.rows),
    meanInferUs: mean((batch) => batch.computeInferUs),
    meanOldestQueueUs: mean((batch) => batch.oldestQueueUs),
    reasons: DEPARTURE_REASONS.map((reason) => ({
      reason,
      count: batches.filter((batch) => batch.reason === reason).length,
    }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count),
    bins: batches.length === 0 ? [] : binsOf(batches),
  };
}
