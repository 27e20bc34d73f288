import { RingBuffer } from '../base';
import type { BatchRecord, DepartureReason, ErrorCode, ModelCounters } from '../contract';
import type { RequestSpans } from '../inference';
import { LatencyHistogram } from './latency-histogram';

const BATCHES_KEPT = 200;

/** What is true only at the instant of a snapshot. */
export interface ModelGauges {
  readonly queueLength: number;
  readonly inFlight: number;
  readonly instances: number;
}

/**
 * Counters of one model, over all its versions and reloads: they only grow while the engine lives. Busy time of batches that
 * are running is added when they end.
 */
export class ModelStats {
  readonly #failed: Partial<Record<ErrorCode, number>> = {};
  readonly #departures: Partial<Record<DepartureReason, number>> = {};
  readonly #batchSizes = new Map<number, number>();
  readonly #latency = new LatencyHistogram();
  readonly #batches = new RingBuffer<BatchRecord>(BATCHES_KEPT);
  #requestsOk = 0;
  #inferenceCount = 0;
  #executionCount = 0;
  #busyUs = 0;
  #queueUs = 0;
  #computeInputUs = 0;
  #computeInferUs = 0;
  #computeOutputUs = 0;

  constructor(readonly name: string) {}

  get busyUs(): number {
    return this.#busyUs;
  }

  recordRequest(spans: RequestSpans): void {
    this.#requestsOk++;
    this.#queueUs += spans.queueUs;
    this.#latency.record(spans.totalUs);
  }

  recordFailure(code: ErrorCode): void {
    this.#failed[code] = (this.#failed[code] ?? 0) + 1;
  }

  /** @param busyUs time the instance was occupied by it */
  recordBatch(batch: BatchRecord, busyUs: number): void {
    this.#batches.push(batch);
    this.#departures[batch.reason] = (this.#departures[batch.reason] ?? 0) + 1;
    this.#busyUs += busyUs;
    if (batch.error !== null) return;
    this.#executionCount++;
    this.#inferenceCount += batch.rows;
    this.#batchSizes.set(batch.rows, (this.#batchSizes.get(batch.rows) ?? 0) + 1);
    this.#computeInputUs += batch.computeInputUs;
    this.#computeInferUs += batch.computeInferUs;
    this.#computeOutputUs += batch.computeOutputUs;
  }

  /** Newest last. */
  recentBatches(): readonly BatchRecord[] {
    return this.#batches.toArray();
  }

  snapshot(gauges: ModelGauges): ModelCounters {
    return {
      name: this.name,
      requestsOk: this.#requestsOk,
      requestsFailed: { ...this.#failed },
      inferenceCount: this.#inferenceCount,
      executionCount: this.#executionCount,
      batchSizes: [...this.#batchSizes].sort((a, b) => a[0] - b[0]),
      departures: { ...this.#departures },
      busyUs: this.#busyUs,
      queueUs: this.#queueUs,
      computeInputUs: this.#computeInputUs,
      computeInferUs: this.#computeInferUs,
      computeOutputUs: this.#computeOutputUs,
      latency: this.#latency.snapshot(),
      ...gauges,
    };
  }
}
