import type { LoadTestPoint } from '../contract';
import { LatencyRecorder } from './latency-recorder';
import type { LoadPhase, LoadSnapshot } from './load-plan';

/** A chart with more points than this shows no more than with fewer. */
const MAX_POINTS = 300;
/** A server that invents error codes must not fill our memory. */
const MAX_ERROR_KINDS = 32;
const OTHER_ERRORS = 'other errors';

/** Length of one point: a second, or longer in long runs so that there are at most about 300. Milliseconds. */
export function pointLengthMs(warmupMs: number, durationMs: number): number {
  return Math.max(1_000, Math.ceil((warmupMs + durationMs) / MAX_POINTS / 1_000) * 1_000);
}

/**
 * Counts what happens to the requests of one run.
 *
 * A request belongs to the measured part when its INTENDED start lies in it, whenever its answer comes; so every request of
 * the measured part ends as succeeded or as an error, and slow ones are not cut off at the end. Throughput on the
 * other hand counts the good answers that CAME in the measured part: an overloaded server does not get credit for
 * what it finishes after the end.
 */
export class RunReport {
  readonly #fromUs: number;
  #toUs: number;
  readonly #pointUs: number;
  readonly #latency = new LatencyRecorder();
  readonly #serviceTime = new LatencyRecorder();
  readonly #lag = new LatencyRecorder();
  #sent = 0;
  #succeeded = 0;
  #dropped = 0;
  #answeredInTime = 0;
  readonly #errors = new Map<string, number>();
  readonly #points: LoadTestPoint[] = [];
  #pointStartUs: number;
  #nextPointUs: number;
  #pointOffered = 0;
  #pointSucceeded = 0;
  #pointErrors = 0;
  readonly #pointLatency = new LatencyRecorder();

  /** @param startUs beginning of the warm-up, on the run's clock */
  constructor(startUs: number, warmupMs: number, durationMs: number) {
    this.#fromUs = startUs + warmupMs * 1000;
    this.#toUs = this.#fromUs + durationMs * 1000;
    this.#pointUs = pointLengthMs(warmupMs, durationMs) * 1000;
    this.#pointStartUs = startUs;
    // Points are cut so that one begins exactly with the measured part.
    this.#nextPointUs = this.#fromUs - (Math.ceil((warmupMs * 1000) / this.#pointUs) - 1) * this.#pointUs;
  }

  /** The run is stopped: what would start from now on is not measured. */
  cutAt(nowUs: number): void {
    this.#toUs = Math.max(this.#fromUs, Math.min(this.#toUs, nowUs));
  }

  /** A request was sent that was meant to start at `intendedUs`. */
  sent(intendedUs: number): void {
    this.#pointOffered++;
    if (this.#measures(intendedUs)) this.#sent++;
  }

  /** How late a request of a schedule was sent. A closed loop has no schedule to be late for. */
  lagged(intendedUs: number, sentUs: number): void {
    if (this.#measures(intendedUs)) this.#lag.record(sentUs - intendedUs);
  }

  /** An arrival for which there was no room. */
  dropped(intendedUs: number): void {
    this.#pointOffered++;
    if (this.#measures(intendedUs)) this.#dropped++;
  }

  succeeded(intendedUs: number, sentUs: number, nowUs: number): void {
    const latencyUs = nowUs - intendedUs;
    this.#pointSucceeded++;
    this.#pointLatency.record(latencyUs);
    if (this.#measures(nowUs)) this.#answeredInTime++;
    if (!this.#measures(intendedUs)) return;
    this.#succeeded++;
    this.#latency.record(latencyUs);
    this.#serviceTime.record(nowUs - sentUs);
  }

  failed(intendedUs: number, kind: string): void {
    this.#pointErrors++;
    if (!this.#measures(intendedUs)) return;
    const known = this.#errors.has(kind) || this.#errors.size < MAX_ERROR_KINDS;
    const counted = known ? kind : OTHER_ERRORS;
    this.#errors.set(counted, (this.#errors.get(counted) ?? 0) + 1);
  }

  /** Call often (tens of milliseconds): closes the current point when its time is up. */
  tick(nowUs: number): void {
    if (nowUs < this.#nextPointUs || this.#pointStartUs >= this.#toUs) return;
    this.#closePoint(nowUs);
    while (this.#nextPointUs <= nowUs) this.#nextPointUs += this.#pointUs;
  }

  /** No more requests start: what is left of the current point becomes one, if it is long enough to mean something. */
  closeLastPoint(nowUs: number): void {
    if (nowUs - this.#pointStartUs >= this.#pointUs / 4) this.#closePoint(nowUs);
  }

  snapshot(nowUs: number, phase: LoadPhase, stopped: boolean, generatorBusyShare: number): LoadSnapshot {
    const measuredMs = Math.max(0, Math.min(nowUs, this.#toUs) - this.#fromUs) / 1000;
    return {
      phase,
      stopped,
      measuredMs: Math.round(measuredMs * 10) / 10,
      counts: {
        offered: this.#sent + this.#dropped,
        sent: this.#sent,
        succeeded: this.#succeeded,
        dropped: this.#dropped,
        errors: Object.fromEntries(this.#errors),
      },
      achievedPerSecond: measuredMs > 0 ? (this.#answeredInTime * 1000) / measuredMs : 0,
      latency: this.#latency.summary(),
      serviceTime: this.#serviceTime.summary(),
      generatorLagP99Ms: this.#lag.percentileMs(99),
      generatorBusyShare,
      points: [...this.#points],
    };
  }

  #measures(atUs: number): boolean {
    return atUs >= this.#fromUs && atUs < this.#toUs;
  }

  #closePoint(nowUs: number): void {
    const seconds = (nowUs - this.#pointStartUs) / 1e6;
    this.#points.push({
      atMs: Math.round((nowUs - this.#fromUs) / 1000),
      offeredPerSecond: this.#pointOffered / seconds,
      succeededPerSecond: this.#pointSucceeded / seconds,
      errorsPerSecond: this.#pointErrors / seconds,
      p50Ms: this.#pointLatency.percentileMs(50),
      p99Ms: this.#pointLatency.percentileMs(99),
    });
    this.#pointStartUs = nowUs;
    this.#pointOffered = 0;
    this.#pointSucceeded = 0;
    this.#pointErrors = 0;
    this.#pointLatency.reset();
  }
}
