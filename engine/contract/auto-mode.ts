/** One measured size of a cost curve. Times are those of a whole batch on its instance, microseconds. */
export interface CostPoint {
  readonly rows: number;
  readonly meanUs: number;
  /** 10th and 95th percentile of the runs kept. */
  readonly lowUs: number;
  readonly highUs: number;
  /** Runs it was measured with, those of real traffic included. */
  readonly runs: number;
}

/** What a batch of each size costs on the device that runs it. Ascending by rows. */
export interface CostCurveRecord {
  readonly points: readonly CostPoint[];
  /** The size that answers most rows per second; with an SLO, of the sizes that can keep it. */
  readonly bestRows: number;
  readonly deviceId: string;
  readonly provider: string;
  /** Where it came from: measured in this run, or kept on disk from an earlier one. */
  readonly source: 'measured' | 'cache';
  /** Wall clock, milliseconds since the epoch. */
  readonly measuredAtMs: number;
}

/** What auto mode does at present. `measuring`: no curve yet. `zero-wait`: its predictions were off, so it waits for nothing. */
export const AUTO_PHASES = ['measuring', 'break-even', 'zero-wait'] as const;
export type AutoPhase = (typeof AUTO_PHASES)[number];

export interface AutoState {
  readonly phase: AutoPhase;
  /** Why, in words, when there is something to say: how far predictions are off, what is being measured. */
  readonly reason: string | null;
  /** Mean of |real - predicted| / predicted over the last batches; null before the first. */
  readonly predictionError: number | null;
  /** Requests refused because they could not have kept the SLO, since the model was loaded. */
  readonly refused: number;
}
