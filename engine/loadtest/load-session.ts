import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../base';
import { ClosedExecutor } from './executors/closed';
import type { Executor, ExecutorParts } from './executors/executor';
import { OpenExecutor } from './executors/open';
import type { LoadPhase, LoadPlan, LoadSnapshot } from './load-plan';
import { makeRequests } from './make-requests';
import { RunReport } from './report';

/** How often time-outs, pauses and the points of the charts are looked at. */
const SWEEP_US = 20_000;
/** After a stop, what is on its way gets this long to be answered. */
const STOP_GRACE_US = 1_000_000;
/** How requests are counted that were still on their way when a stopped run gave them up. */
const ABANDONED = 'abandoned at stop';

export interface LoadSession {
  /** The result, once the last request was answered, timed out or given up. */
  readonly finished: Promise<LoadSnapshot>;
  /** Ends the run before its time; what was measured is the result. */
  stop(): void;
}

/**
 * One load test in the thread that calls it: warm-up, measured part, then no new requests until all are answered.
 * Product code runs it in a thread of its own (`load-generator.ts`).
 *
 * @throws EngineError INVALID_ARGUMENT when the requests cannot be made
 */
export function startLoadSession(
  plan: LoadPlan,
  clock: Clock,
  onProgress: (snapshot: LoadSnapshot) => void,
): LoadSession {
  const requests = makeRequests(plan);
  let resolve: (snapshot: LoadSnapshot) => void;
  const finished = new Promise<LoadSnapshot>((done) => {
    resolve = done;
  });
  // The first fine-grained wait starts the clock's timer thread: let that be over before the schedule begins.
  let run: Run | null = null;
  let stopEarly = false;
  clock.callAt(clock.nowUs() + 500, () => {
    run = new Run(plan, requests, clock, onProgress, (snapshot) => resolve(snapshot));
    if (stopEarly) run.stop();
  });
  return {
    finished,
    stop: () => {
      stopEarly = true;
      run?.stop();
    },
  };
}

/**
 *   warming-up --(warmupMs)--> running --(durationMs, or stop)--> stopping --(nothing on its way)--> finished
 *       '-------------------------------(stop)-----------------------^
 */
class Run {
  #phase: LoadPhase = 'warming-up';
  #stopped = false;
  readonly #startUs: number;
  readonly #endUs: number;
  #graceEndUs = Number.POSITIVE_INFINITY;
  #nextBeatUs: number;
  readonly #report: RunReport;
  readonly #executor: Executor;
  #loopAtStart = performance.eventLoopUtilization();
  #busyShare = 0;
  #timer: Timer | null = null;

  constructor(
    private readonly plan: LoadPlan,
    requests: readonly Uint8Array[],
    private readonly clock: Clock,
    private readonly onProgress: (snapshot: LoadSnapshot) => void,
    private readonly onFinished: (snapshot: LoadSnapshot) => void,
  ) {
    this.#startUs = clock.nowUs();
    this.#endUs = this.#startUs + (plan.warmupMs + plan.durationMs) * 1000;
    this.#nextBeatUs = this.#startUs;
    this.#report = new RunReport(this.#startUs, plan.warmupMs, plan.durationMs);
    this.#executor = createExecutor(plan, clock, {
      target: { host: plan.host, port: plan.port, requests },
      report: this.#report,
      nowUs: () => clock.nowUs(),
      requestTimeoutUs: plan.requestTimeoutMs * 1000,
    });
    this.#executor.start(this.#startUs, this.#endUs);
    this.#tick();
  }

  stop(): void {
    if (this.#phase === 'stopping' || this.#phase === 'finished') return;
    this.#stopped = true;
    const nowUs = this.clock.nowUs();
    this.#report.cutAt(nowUs);
    this.#graceEndUs = nowUs + STOP_GRACE_US;
    this.#endMeasuring(nowUs);
  }

  #tick(): void {
    const nowUs = this.clock.nowUs();
    this.#advance(nowUs);
    this.#executor.sweep(nowUs);
    this.#report.tick(nowUs);
    if (this.#phase === 'stopping' && (this.#executor.inFlight === 0 || nowUs >= this.#graceEndUs)) {
      this.#finish(nowUs);
      return;
    }
    if (nowUs >= this.#nextBeatUs) {
      this.#nextBeatUs = nowUs + this.plan.beatMs * 1000;
      this.onProgress(this.#snapshot(nowUs));
    }
    const nextUs = nowUs + SWEEP_US;
    this.#timer = this.clock.callAt(nowUs < this.#endUs ? Math.min(nextUs, this.#endUs) : nextUs, () =>
      this.#tick(),
    );
  }

  #advance(nowUs: number): void {
    if (this.#phase === 'warming-up' && nowUs >= this.#startUs + this.plan.warmupMs * 1000) {
      this.#phase = 'running';
      this.#loopAtStart = performance.eventLoopUtilization();
    }
    if (this.#phase === 'running') {
      this.#busyShare = performance.eventLoopUtilization(this.#loopAtStart).utilization;
      if (nowUs >= this.#endUs) this.#endMeasuring(this.#endUs);
    }
  }

  #endMeasuring(atUs: number): void {
    this.#phase = 'stopping';
    this.#executor.stop(atUs);
    this.#report.closeLastPoint(this.clock.nowUs());
  }

  #finish(nowUs: number): void {
    this.#phase = 'finished';
    this.#timer?.cancel();
    this.#executor.close(ABANDONED);
    this.onFinished(this.#snapshot(nowUs));
  }

  #snapshot(nowUs: number): LoadSnapshot {
    const share = Number.isFinite(this.#busyShare) ? this.#busyShare : 0;
    return this.#report.snapshot(nowUs, this.#phase, this.#stopped, share);
  }
}

function createExecutor(plan: LoadPlan, clock: Clock, parts: ExecutorParts): Executor {
  return plan.executor.kind === 'closed'
    ? new ClosedExecutor(plan.executor.clients, parts)
    : new OpenExecutor(plan.executor, plan.seed, clock, parts);
}
