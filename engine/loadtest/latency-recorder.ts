import { build, type Histogram } from 'hdr-histogram-js';
import type { LatencySummary } from '../contract';

/** One hour. Longer values are counted as this long; nothing waits longer, because requests time out after ten minutes. */
const HIGHEST_US = 3_600_000_000;

/** Latencies in an HDR histogram: three significant digits, so a percentile is off by at most 0.1 %. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
  });
  /** Kept beside the histogram: its own mean walks over every bucket (milliseconds), and its maximum is rounded. */
  #sumUs = 0;
  #maxUs = 0;

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Microseconds; below 0 counts as 0. */
  record(valueUs: number): void {
    const value = valueUs > 0 ? Math.min(valueUs, HIGHEST_US) : 0;
    this.#histogram.recordValue(Math.round(value));
    this.#sumUs += value;
    if (value > this.#maxUs) this.#maxUs = value;
  }

  reset(): void {
    this.#histogram.reset();
    this.#sumUs = 0;
    this.#maxUs = 0;
  }

  /** Percentile in milliseconds (`percent` 0 to 100); null when nothing was recorded. */
  percentileMs(percent: number): number | null {
    if (this.count === 0) return null;
    // A bucket's upper end can lie above the largest value in it.
    return roundMs(Math.min(this.#histogram.getValueAtPercentile(percent), this.#maxUs) / 1000);
  }

  summary(): LatencySummary {
    const count = this.count;
    return {
      p50Ms: this.percentileMs(50),
      p90Ms: this.percentileMs(90),
      p95Ms: this.percentileMs(95),
      p99Ms: this.percentileMs(99),
      maxMs: count === 0 ? null : roundMs(this.#maxUs / 1000),
      meanMs: count === 0 ? null : roundMs(this.#sumUs / count / 1000),
    };
  }
}

/** Microseconds are the grain of a recorded value. */
const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
