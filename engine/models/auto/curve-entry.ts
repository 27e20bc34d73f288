import type { CostCurve } from '../../batching';
import type { CostCurveRecord } from '../../contract';
import type { CurveKey } from './curve-key';

/** The curve of one kind of session of a model, and what is to be known of it. */
export interface CurveEntry {
  readonly curve: CostCurve;
  readonly key: CurveKey;
  readonly deviceId: string;
  readonly source: CostCurveRecord['source'];
  /** Wall clock, milliseconds since the epoch. */
  readonly measuredAtMs: number;
  /** Largest batch for which all was done to measure it; beyond, the curve may end early for good. */
  readonly attemptedRows: number;
}
