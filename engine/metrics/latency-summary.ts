import { EMPTY_HISTOGRAM, type HistogramSnapshot, histogramDelta, histogramPercentileUs } from '../contract';
import type { LatencyHistogram } from './latency-histogram';

/** Triton's. */
const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999] as const;
/** With a rotation every 12 s, quantiles are those of the last 48 to 60 s. */
const ROTATIONS_KEPT = 5;

export interface Summary {
  /** Empty when nothing was recorded of late. */
  readonly quantiles: readonly { readonly quantile: number; readonly valueUs: number }[];
  /** Since the beginning. */
  readonly count: number;
  readonly sumUs: number;
}

/** Quantiles of what a histogram recorded of late. It keeps what was there before; recording itself costs nothing more. */
export class LatencySummary {
  #past: HistogramSnapshot[] = [];

  constructor(private readonly histogram: LatencyHistogram) {}

  /** @param times how many rotations are due: one every 12 s */
  rotate(times: number): void {
    const now = this.histogram.snapshot();
    const fresh = Array.from({ length: Math.min(times, ROTATIONS_KEPT) }, () => now);
    this.#past = [...this.#past, ...fresh].slice(-ROTATIONS_KEPT);
  }

  summary(): Summary {
    const now = this.histogram.snapshot();
    const isYoung = this.#past.length < ROTATIONS_KEPT;
    const recent = histogramDelta(isYoung ? EMPTY_HISTOGRAM : (this.#past[0] ?? EMPTY_HISTOGRAM), now);
    const quantiles = QUANTILES.flatMap((quantile) => {
      const valueUs = histogramPercentileUs(recent, quantile);
      return valueUs === null ? [] : [{ quantile, valueUs }];
    });
    return { quantiles, count: now.count, sumUs: now.sumUs };
  }
}
