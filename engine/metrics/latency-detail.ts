import type { MetricsConfig } from '../config';
import type { BatchRecord } from '../contract';
import type { RequestSpans } from '../inference';
import { BoundedHistogram } from './bounded-histogram';
import { LatencyHistogram } from './latency-histogram';
import { LatencySummary } from './latency-summary';

const US_PER_MS = 1000;
/** Triton's, milliseconds. */
const FIRST_RESPONSE_BOUNDS_MS = [100, 500, 2000, 5000];

/** The histograms of one version that only the metrics show; what is not asked for is not recorded. */
export class LatencyDetail {
  readonly queue = new LatencyHistogram();
  readonly summaries: LatencySummaries | null;
  readonly firstResponse: BoundedHistogram | null;

  /** @param request whole times, recorded by the owner */
  constructor(config: MetricsConfig, request: LatencyHistogram) {
    this.summaries = config.summaryLatencies ? new LatencySummaries(request, this.queue) : null;
    this.firstResponse = config.histogramLatencies ? new BoundedHistogram(FIRST_RESPONSE_BOUNDS_MS) : null;
  }

  recordRequest(spans: RequestSpans): void {
    this.queue.record(spans.queueUs);
    this.firstResponse?.record(spans.totalUs / US_PER_MS);
  }

  recordBatch(batch: BatchRecord): void {
    this.summaries?.recordBatch(batch);
  }
}

const ROTATE_EVERY_MS = 12_000;

/** Triton's five summaries. */
export class LatencySummaries {
  readonly #input = new LatencyHistogram();
  readonly #infer = new LatencyHistogram();
  readonly #output = new LatencyHistogram();
  #rotatedMs = 0;
  readonly request: LatencySummary;
  readonly queue: LatencySummary;
  readonly computeInput = new LatencySummary(this.#input);
  readonly computeInfer = new LatencySummary(this.#infer);
  readonly computeOutput = new LatencySummary(this.#output);

  constructor(request: LatencyHistogram, queue: LatencyHistogram) {
    this.request = new LatencySummary(request);
    this.queue = new LatencySummary(queue);
  }

  /** Each request of the batch took as long as the whole of it. To be called before the batch's requests are recorded. */
  recordBatch(batch: BatchRecord): void {
    this.rotateTo(batch.atMs);
    this.#input.record(batch.computeInputUs, batch.requests);
    this.#infer.record(batch.computeInferUs, batch.requests);
    this.#output.record(batch.computeOutputUs, batch.requests);
  }

  /** Makes up for the rotations that were due until `nowMs` (wall clock). Called when something is recorded or read: no timer. */
  rotateTo(nowMs: number): void {
    const isLost = this.#rotatedMs === 0 || nowMs < this.#rotatedMs;
    if (isLost) this.#rotatedMs = nowMs;
    const due = Math.floor((nowMs - this.#rotatedMs) / ROTATE_EVERY_MS);
    if (due === 0) return;
    this.#rotatedMs += due * ROTATE_EVERY_MS;
    const all = [this.request, this.queue, this.computeInput, this.computeInfer, this.computeOutput];
    for (const summary of all) summary.rotate(due);
  }
}
