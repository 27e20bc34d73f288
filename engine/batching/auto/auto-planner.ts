import { EngineError } from '../../base';
import type { AutoState } from '../../contract';
import type { Advice, Backlog, Forecast, Predictor, RunningBatch } from '../predictor';
import { fullRowsOf, predictedFinishUs, retryAfterSeconds } from './admission-control';
import { ArrivalPattern } from './arrival-pattern';
import { type BreakEvenWait, breakEven } from './break-even';
import type { CostCurve } from './cost-curve';
import { PredictionCheck } from './prediction-check';
import { RunSpread } from './run-spread';
import { RunningBatches } from './running-batches';

/** Share of the SLO up to which a finish is promised: the rest is for what the curve learns meanwhile. */
const PROMISED = 0.9;
/**
 * Share of the SLO that is kept free for a slow batch at most. Where one in 200 is slower than this, no rule keeps the SLO of 99 in 100,
 * and to refuse what would have been in time would spare the few others nothing.
 */
const RESERVED = 0.4;

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
  readonly #spread = new RunSpread();
  readonly #running = new RunningBatches();
  /** Rows of the largest request since nothing waited. */
  #largest = 1;
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
    // One may run, and another after it at its slow end: a request that just missed a batch still makes the next.
    return curve.capRows(maxBatchSize(), (meanUs) => {
      const keptUs = this.#spread.expectedUs(meanUs);
      return 2 * keptUs + this.#slowUs(keptUs) <= sloUs * PROMISED;
    });
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
    const { sloUs, instances } = this.#options;
    const count = instances();
    if (sloUs === Number.POSITIVE_INFINITY || count === 0) return null;
    // Nothing could answer it sooner, and only batches that run show that the model is fast enough again.
    if (waitingRows === 0 && this.#running.count < count) return null;
    const { cap } = this;
    this.#largest = waitingRows === 0 ? rows : Math.max(this.#largest, rows);
    const fullUs = this.#keptUs(cap);
    const aloneUs = this.#keptUs(rows);
    const finishUs = predictedFinishUs({
      waitingRows,
      rows,
      fullRows: fullRowsOf(cap, this.#largest),
      fullUs,
      aloneUs,
      slowUs: this.#slowUs(Math.max(fullUs, aloneUs)),
      strayUs: this.#spread.strayUs(fullUs),
      freeInUs: this.#running.freeInUs(count, nowUs),
    });
    if (finishUs <= sloUs * PROMISED) return null;
    this.#refused++;
    return new EngineError(
      'OVERLOADED',
      `it would be answered after ${(finishUs / 1000).toFixed(1)} ms, the SLO is ${sloUs / 1000} ms; ${waitingRows} rows wait`,
      { retryAfterSeconds: retryAfterSeconds(finishUs, sloUs * PROMISED) },
    );
  }

  requestArrived(rows: number, { waitingRows }: Backlog, nowUs: number): void {
    const atIdle = waitingRows <= rows && this.#running.count === 0;
    this.#arrivals.arrived(nowUs, atIdle, this.predictUs(1) / 2);
  }

  batchStarted({ id, rows }: RunningBatch, nowUs: number): void {
    this.#wait = null;
    this.#idleSinceUs = null;
    const runUs = this.predictUs(rows);
    this.#running.started(
      id,
      { runUs, keptUs: this.#spread.expectedUs(runUs) },
      this.#options.instances(),
      nowUs,
    );
  }

  batchEnded({ id, rows }: RunningBatch, runUs: number | null, nowUs: number): void {
    const run = this.#running.ended(id, nowUs);
    this.#arrivals.completed(rows, nowUs);
    // A failed batch says nothing of what one costs.
    if (runUs === null) return;
    const { curve } = this.#options;
    if (run) {
      this.#spread.record(run.predictedUs, runUs, run.tookUs);
      curve.betweenUs = this.#spread.betweenUs;
    }
    const changed = this.#check.record(this.predictUs(rows), runUs);
    curve.record(rows, runUs);
    if (changed === null) return;
    this.#reason = this.#check.isOff ? changed : null;
    this.#options.onFallback?.(changed);
  }

  advise(rows: number, oldestEnqueuedUs: number, nowUs: number, mayWait: boolean): Advice {
    const { cap } = this;
    const held = this.#wait;
    if (rows >= cap) return { kind: 'send', rows: cap, reason: held ? 'break-even' : 'full' };
    if (mayWait && held && rows < held.rows && nowUs < held.untilUs)
      return { kind: 'wait', untilUs: held.untilUs };
    this.#wait = mayWait ? this.#considered(rows, cap, oldestEnqueuedUs, nowUs) : null;
    if (this.#wait) return { kind: 'wait', untilUs: this.#wait.untilUs };
    const rowsSent = this.#sendRows(rows, cap, oldestEnqueuedUs, nowUs);
    return { kind: 'send', rows: rowsSent, reason: held ? 'break-even' : 'drained' };
  }

  /** Of nine on a model padded to eight, eight; unless what is left behind, behind a full batch perhaps, would then be late. */
  #sendRows(rows: number, cap: number, oldestEnqueuedUs: number, nowUs: number): number {
    const { curve, sloUs } = this.#options;
    const sent = curve.bestRows(rows);
    const fullUs = this.#keptUs(cap);
    const leftUs = this.#keptUs(sent) + fullUs + this.#slowUs(fullUs);
    return nowUs + leftUs > oldestEnqueuedUs + sloUs ? rows : sent;
  }

  /** How much longer than that one batch in 200 may take. */
  #slowUs(keptUs: number): number {
    return Math.min(this.#spread.slowUs(keptUs), this.#options.sloUs * RESERVED);
  }

  /** How long a batch is expected to keep its instance from the next one. */
  #keptUs(rows: number): number {
    return this.#spread.expectedUs(this.predictUs(rows));
  }

  #considered(rows: number, cap: number, oldestEnqueuedUs: number, nowUs: number): BreakEvenWait | null {
    const { sloUs, instances } = this.#options;
    this.#idleSinceUs ??= nowUs;
    // With another instance idle, nothing would be saved that anybody waits for.
    if (this.#check.isOff || instances() - this.#running.count > 1) return null;
    const wait = breakEven({
      nowUs,
      waiting: rows,
      cap,
      idledUs: nowUs - this.#idleSinceUs,
      nextFreeUs: this.#running.nextFreeUs,
      current: this.#arrivals.current,
      past: this.#arrivals.past,
      meanUs: (size) => (size > 0 ? this.#keptUs(size) : 0),
    });
    if (!wait) return null;
    const keptUs = this.#keptUs(wait.rows);
    const untilUs = Math.min(wait.untilUs, oldestEnqueuedUs + sloUs - keptUs - this.#slowUs(keptUs));
    return untilUs <= nowUs ? null : { ...wait, untilUs };
  }
}
