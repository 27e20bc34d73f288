import type { MetricsConfig } from '../config';
import type { BatchRecord, DepartureReason, ErrorCode } from '../contract';
import type { BatchStatistics, ModelStatistics, RequestSpans, StatisticDuration } from '../inference';
import { LatencyDetail } from './latency-detail';
import { LatencyHistogram } from './latency-histogram';

const NS_PER_US = 1000;

/** What batches of one size took, all together. */
interface BatchSizeTotals {
  batches: number;
  computeInputUs: number;
  computeInferUs: number;
  computeOutputUs: number;
}

/**
 * What one version of a model has done since it was loaded. Cumulative. On a request's way it costs additions to numbers that are
 * there already, nothing is allocated; everything that anybody shows (console, statistics extension, metrics) is made from it.
 */
export class VersionStats {
  /** Whole time of successful requests, arrival in the queue to answer. */
  readonly latency = new LatencyHistogram();
  /** What only the metrics show; null when they are off. */
  readonly detail: LatencyDetail | null;
  readonly #failed: Partial<Record<ErrorCode, number>> = {};
  readonly #failedQueued: Partial<Record<ErrorCode, number>> = {};
  readonly #departures: Partial<Record<DepartureReason, number>> = {};
  readonly #bySize = new Map<number, BatchSizeTotals>();
  #requestsOk = 0;
  #requestUs = 0;
  #failedUs = 0;
  #queueUs = 0;
  #inferenceCount = 0;
  #executionCount = 0;
  #lastInferenceMs = 0;
  #busyUs = 0;
  /** Of requests: each is charged with the whole duration of its batch. */
  #requestInputUs = 0;
  #requestInferUs = 0;
  #requestOutputUs = 0;
  /** Of batches. */
  #batchInputUs = 0;
  #batchInferUs = 0;
  #batchOutputUs = 0;

  /**
   * @param metrics null when there are none
   * @param onBatch told of every batch, for the list of recent ones
   */
  constructor(
    readonly version: string,
    metrics: MetricsConfig | null,
    private readonly onBatch: (batch: BatchRecord) => void = () => undefined,
  ) {
    this.detail = metrics && new LatencyDetail(metrics, this.latency);
  }

  recordRequest(spans: RequestSpans): void {
    this.#requestsOk++;
    this.#requestUs += spans.totalUs;
    this.#queueUs += spans.queueUs;
    this.#requestInputUs += spans.computeInputUs;
    this.#requestInferUs += spans.computeInferUs;
    this.#requestOutputUs += spans.computeOutputUs;
    this.latency.record(spans.totalUs);
    this.detail?.recordRequest(spans);
  }

  /** @param waitedUs time from the queue's taking it to the failure; null when it was refused before */
  recordFailure(code: ErrorCode, waitedUs: number | null): void {
    increment(this.#failed, code);
    if (waitedUs === null) return;
    increment(this.#failedQueued, code);
    this.#failedUs += waitedUs;
  }

  /** @param busyUs time the instance was occupied by it */
  recordBatch(batch: BatchRecord, busyUs: number): void {
    this.onBatch(batch);
    increment(this.#departures, batch.reason);
    this.#busyUs += busyUs;
    if (batch.error !== null) return;
    this.detail?.recordBatch(batch);
    this.#executionCount++;
    this.#inferenceCount += batch.rows;
    this.#lastInferenceMs = batch.atMs;
    this.#batchInputUs += batch.computeInputUs;
    this.#batchInferUs += batch.computeInferUs;
    this.#batchOutputUs += batch.computeOutputUs;
    const totals = this.#sizeTotals(batch.rows);
    totals.batches++;
    totals.computeInputUs += batch.computeInputUs;
    totals.computeInferUs += batch.computeInferUs;
    totals.computeOutputUs += batch.computeOutputUs;
  }

  /** Adds all that another version did: for the sums over a model's life. */
  absorb(other: VersionStats): void {
    addAll(this.#failed, other.#failed);
    addAll(this.#failedQueued, other.#failedQueued);
    addAll(this.#departures, other.#departures);
    for (const [rows, theirs] of other.#bySize) {
      const totals = this.#sizeTotals(rows);
      totals.batches += theirs.batches;
      totals.computeInputUs += theirs.computeInputUs;
      totals.computeInferUs += theirs.computeInferUs;
      totals.computeOutputUs += theirs.computeOutputUs;
    }
    this.latency.absorb(other.latency);
    this.#requestsOk += other.#requestsOk;
    this.#requestUs += other.#requestUs;
    this.#failedUs += other.#failedUs;
    this.#queueUs += other.#queueUs;
    this.#inferenceCount += other.#inferenceCount;
    this.#executionCount += other.#executionCount;
    this.#lastInferenceMs = Math.max(this.#lastInferenceMs, other.#lastInferenceMs);
    this.#busyUs += other.#busyUs;
    this.#requestInputUs += other.#requestInputUs;
    this.#requestInferUs += other.#requestInferUs;
    this.#requestOutputUs += other.#requestOutputUs;
    this.#batchInputUs += other.#batchInputUs;
    this.#batchInferUs += other.#batchInferUs;
    this.#batchOutputUs += other.#batchOutputUs;
  }

  /** Time in which instances were executing, summed over instances. */
  get busyUs(): number {
    return this.#busyUs;
  }

  /** As the console counts: compute times are those of batches. */
  counters() {
    return {
      requestsOk: this.#requestsOk,
      requestsFailed: { ...this.#failed },
      inferenceCount: this.#inferenceCount,
      executionCount: this.#executionCount,
      batchSizes: this.#sizes().map(([rows, { batches }]) => [rows, batches] as const),
      departures: { ...this.#departures },
      busyUs: this.#busyUs,
      queueUs: this.#queueUs,
      computeInputUs: this.#batchInputUs,
      computeInferUs: this.#batchInferUs,
      computeOutputUs: this.#batchOutputUs,
      latency: this.latency.snapshot(),
    };
  }

  /** Failures of requests that the queue had taken, by error code. */
  failuresAfterQueueing(): Readonly<Partial<Record<ErrorCode, number>>> {
    return this.#failedQueued;
  }

  /** As the protocol's statistics extension counts: compute times are those of requests, so that the four counts are equal. */
  statistics(name: string): ModelStatistics {
    const perRequest = (us: number) => duration(this.#requestsOk, us);
    return {
      name,
      version: this.version,
      lastInferenceMs: Math.trunc(this.#lastInferenceMs),
      inferenceCount: this.#inferenceCount,
      executionCount: this.#executionCount,
      success: perRequest(this.#requestUs),
      fail: duration(sumOf(this.#failedQueued), this.#failedUs),
      queue: perRequest(this.#queueUs),
      computeInput: perRequest(this.#requestInputUs),
      computeInfer: perRequest(this.#requestInferUs),
      computeOutput: perRequest(this.#requestOutputUs),
      batches: this.#sizes().map(([rows, totals]) => batchStatistics(rows, totals)),
    };
  }

  #sizes(): [number, BatchSizeTotals][] {
    return [...this.#bySize].sort((a, b) => a[0] - b[0]);
  }

  #sizeTotals(rows: number): BatchSizeTotals {
    const known = this.#bySize.get(rows);
    if (known) return known;
    const fresh = { batches: 0, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0 };
    this.#bySize.set(rows, fresh);
    return fresh;
  }
}

function batchStatistics(rows: number, totals: BatchSizeTotals): BatchStatistics {
  return {
    batchSize: rows,
    computeInput: duration(totals.batches, totals.computeInputUs),
    computeInfer: duration(totals.batches, totals.computeInferUs),
    computeOutput: duration(totals.batches, totals.computeOutputUs),
  };
}

/** Whole nanoseconds. Rounded once, from the sum: sums of rounded parts drift, and this one never goes back. */
function duration(count: number, us: number): StatisticDuration {
  return { count, ns: Math.round(us * NS_PER_US) };
}

function increment<K extends string>(counts: Partial<Record<K, number>>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function addAll<K extends string>(
  counts: Partial<Record<K, number>>,
  more: Readonly<Partial<Record<K, number>>>,
): void {
  for (const key of Object.keys(more) as K[]) counts[key] = (counts[key] ?? 0) + (more[key] ?? 0);
}

function sumOf(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
