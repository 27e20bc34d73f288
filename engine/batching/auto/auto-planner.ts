import { EngineError } from '../../base';
import type { AutoState } from '../../contract';
import type { Advice, Backlog, Forecast, Predictor, RunningBatch } from '../predictor';
import { predictedFinishUs, retryAfterSeconds } from './admission-control';
import { ArrivalPattern } from './arrival-pattern';
import { type BreakEvenWait, breakEven, sendRows } from './break-even';
import type { CostCurve } from './cost-curve';
import { PredictionCheck } from './prediction-check';

/** A deadline is met by a batch that begins this many times its slow end before it. */
const SLACK = 1.1;

export interface AutoPlannerOptions {
  readonly curve: CostCurve;
  /** Longest a request may take, microseconds; infinity without an SLO. */
  readonly sloUs: number;
  readonly maxBatchSize: () => number;
  /** Instances that serve. */
  readonly instances: () => number;
  /** Told when it begins or ends to wait for nothing because its predictions are off. */
  readonly onFallback?: (why: string) => void;
}

/**
 * Auto mode of one batcher: keeps what break-even batching reads (curve, arrivals, what runs) and advises `planBatch` how much
 * to send, or until when to wait.
 */
export class AutoPlanner implements Predictor, Forecast {
  readonly #options: AutoPlannerOptions;
  readonly #arrivals = new ArrivalPattern();
  readonly #check = new PredictionCheck();
  /** Expected ends of the batches that run, by id. */
  readonly #running = new Map<number, number>();
  #wait: BreakEvenWait | null = null;
  #idleSinceUs: number | null = null;
  #reason: string | null = null;
  #refused = 0;

  constructor(options: AutoPlannerOptions) {
    this.#options = options;
  }

  get forecast(): Forecast {
    return this;
  }

  get sloUs(): number {
    return this.#options.sloUs;
  }

  get cap(): number {
    const { curve, maxBatchSize, sloUs } = this.#options;
    return curve.capRows(maxBatchSize(), sloUs === Number.POSITIVE_INFINITY ? null : sloUs);
  }

  get state(): AutoState {
    return {
      phase: this.#check.isOff ? 'zero-wait' : 'break-even',
      reason: this.#reason,
      predictionError: this.#check.error,
      refused: this.#refused,
    };
  }

  predictUs(rows: number): number {
    return this.#options.curve.meanUs(rows);
  }

  /** OVERLOADED when a request that comes now could not be answered within the SLO. */
  admit(rows: number, { waitingRows }: Backlog, nowUs: number): EngineError | null {
    const { curve, sloUs, instances } = this.#options;
    const count = instances();
    if (sloUs === Number.POSITIVE_INFINITY || count === 0) return null;
    const freeInUs = [...this.#running.values()].map((endUs) => Math.max(0, endUs - nowUs));
    while (freeInUs.length < count) freeInUs.push(0);
    const finishUs = predictedFinishUs({
      waitingRows,
      rows,
      cap: this.cap,
      freeInUs,
      meanUs: (size) => curve.meanUs(size),
      highUs: (size) => curve.highUs(size),
    });
    if (finishUs <= sloUs) return null;
    this.#refused++;
    return new EngineError(
      'OVERLOADED',
      `it would be answered after ${(finishUs / 1000).toFixed(1)} ms, the SLO is ${sloUs / 1000} ms; ${waitingRows} rows wait`,
      { retryAfterSeconds: retryAfterSeconds(finishUs, sloUs) },
    );
  }

  requestArrived(rows: number, { waitingRows }: Backlog, nowUs: number): void {
    const atIdle = waitingRows <= rows && this.#running.size === 0;
    this.#arrivals.arrived(nowUs, atIdle, this.predictUs(1) / 2);
  }

  batchStarted({ id, rows }: RunningBatch, nowUs: number): void {
    this.#wait = null;
    this.#idleSinceUs = null;
    this.#running.set(id, nowUs + this.predictUs(rows));
  }

  batchEnded({ id, rows }: RunningBatch, runUs: number | null, nowUs: number): void {
    this.#running.delete(id);
    this.#arrivals.completed(rows, nowUs);
    // A failed batch says nothing of what one costs.
    if (runUs === null) return;
    const changed = this.#check.record(this.predictUs(rows), runUs);
    this.#options.curve.record(rows, runUs);
    if (changed === null) return;
    this.#reason = this.#check.isOff ? changed : null;
    this.#options.onFallback?.(changed);
  }

  advise(rows: number, oldestEnqueuedUs: number, nowUs: number): Advice {
    const { curve } = this.#options;
    const { cap } = this;
    const held = this.#wait;
    if (rows >= cap) return { kind: 'send', rows: cap, reason: held ? 'break-even' : 'full' };
    if (held && rows < held.rows && nowUs < held.untilUs) return { kind: 'wait', untilUs: held.untilUs };
    this.#wait = this.#considered(rows, cap, oldestEnqueuedUs, nowUs);
    if (this.#wait) return { kind: 'wait', untilUs: this.#wait.untilUs };
    const sent = sendRows(
      rows,
      cap,
      (most) => curve.bestRows(most),
      (size) => curve.meanUs(size),
    );
    return { kind: 'send', rows: sent, reason: held ? 'break-even' : 'drained' };
  }

  #considered(rows: number, cap: number, oldestEnqueuedUs: number, nowUs: number): BreakEvenWait | null {
    const { curve, sloUs, instances } = this.#options;
    this.#idleSinceUs ??= nowUs;
    // With another instance idle, nothing would be saved that anybody waits for.
    if (this.#check.isOff || instances() - this.#running.size > 1) return null;
    const wait = breakEven({
      nowUs,
      waiting: rows,
      cap,
      idledUs: nowUs - this.#idleSinceUs,
      nextFreeUs: Math.min(...this.#running.values()),
      current: this.#arrivals.current,
      past: this.#arrivals.past,
      meanUs: (size) => curve.meanUs(size),
    });
    if (!wait) return null;
    const untilUs = Math.min(wait.untilUs, oldestEnqueuedUs + sloUs - SLACK * curve.highUs(wait.rows));
    return untilUs <= nowUs ? null : { ...wait, untilUs };
  }
}
