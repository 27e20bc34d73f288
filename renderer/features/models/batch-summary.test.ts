import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchRecord, DEPARTURE_REASONS } from '../../../engine/contract';
import { batchRecord } from './batch-record.fixture';
import { MAX_BINS, summarizeBatches } from './batch-summary';

const batch = (
  rows: number,
  reason: BatchRecord['reason'] = 'full',
  extra: Partial<BatchRecord> = {},
): BatchRecord => batchRecord({ rows, requests: rows, reason, ...extra });

describe('batch summary', () => {
  it('says nothing of nothing', () => {
    expect(summarizeBatches([])).toMatchObject({ batches: 0, meanRows: null, bins: [], reasons: [] });
  });

  it('counts sizes by why the batch left', () => {
    const summary = summarizeBatches([batch(1, 'drained'), batch(4), batch(4), batch(4, 'delay')]);
    expect(summary.bins.map((bin) => bin.count)).toEqual([1, 0, 0, 3]);
    expect(summary.bins[3]?.byReason).toEqual({ full: 2, delay: 1 });
    expect(summary.reasons[0]).toEqual({ reason: 'full', count: 2 });
  });

  it('averages over batches and counts the failed ones', () => {
    const summary = summarizeBatches([
      batch(2),
      batch(6, 'full', { error: 'BACKEND_FAILED', computeInferUs: 4_000 }),
    ]);
    expect(summary).toMatchObject({ meanRows: 4, meanInferUs: 3_000, failed: 1, rows: 8 });
  });

  it('puts every batch into exactly one of at most 40 bins, whatever the sizes', () => {
    const batches = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 1024 }), fc.constantFrom(...DEPARTURE_REASONS)),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(batches, (pairs) => {
        const records = pairs.map(([rows, reason]) => batch(rows, reason));
        const { bins } = summarizeBatches(records);
        expect(bins.length).toBeLessThanOrEqual(MAX_BINS);
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(records.length);
        for (const record of records)
          expect(bins.some((bin) => bin.fromRows <= record.rows && record.rows <= bin.toRows)).toBe(true);
      }),
    );
  });
});
