import type { EngineError } from '../base';

/** What waits and runs, as admission sees it at an arrival. */
export interface Backlog {
  readonly waitingRows: number;
  /** Requests that run or are handed ahead. */
  readonly inFlight: number;
}

/** What `planBatch` asks of auto mode about a lane that could leave. */
export interface Forecast {
  /** Most rows that are worth sending at once, never above the policy's largest. */
  readonly cap: number;
  /**
   * Pure, for the state of now.
   *
   * @param rows that wait in the lane, at least 1
   * @param oldestEnqueuedUs of the lane
   * @param mayWait false: others wait whom this lane would keep waiting
   * @returns send this many rows now, or wait until then (an arrival asks anew)
   */
  advise(rows: number, oldestEnqueuedUs: number, nowUs: number, mayWait: boolean): Advice;
}

export type Advice =
  | {
      readonly kind: 'send';
      readonly rows: number;
      readonly reason: 'full' | 'break-even' | 'deadline' | 'drained';
    }
  | { readonly kind: 'wait'; readonly untilUs: number };

/** A batch by its number. */
export interface RunningBatch {
  readonly id: number;
  readonly rows: number;
}

/** The part of a scheduler that measures and predicts. Without one, everything is as the operator fixed it. */
export interface Predictor {
  /** Null while it has nothing better than the fixed rule (no curve yet, or predictions that went wrong). */
  readonly forecast: Forecast | null;
  /** Longest a request may take, microseconds; infinity without an SLO. */
  readonly sloUs: number;
  /** Expected run time of a batch, microseconds; null when unknown. */
  predictUs(rows: number): number | null;
  /** Why a request that arrives now is refused; null when it is taken. */
  admit(rows: number, backlog: Backlog, nowUs: number): EngineError | null;
  requestArrived(rows: number, backlog: Backlog, nowUs: number): void;
  batchStarted(batch: RunningBatch, nowUs: number): void;
  /** @param runUs null when it failed */
  batchEnded(batch: RunningBatch, runUs: number | null, nowUs: number): void;
}
