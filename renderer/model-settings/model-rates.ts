import { histogramDelta, histogramPercentileUs, type MetricsSample } from '../../engine/contract';

/** What a model does right now, over the last few seconds. */
export interface ModelRates {
  readonly requestsPerSecond: number;
  /** Rows per batch; null while no batch runs. */
  readonly meanBatchSize: number | null;
  /** Time in the engine, milliseconds; null while nothing is answered. */
  readonly p95Ms: number | null;
}

/** Long enough for a steady number, short enough to follow a hand on a slider. */
const WINDOW_US = 3_000_000;

/** Rates of a model between the newest sample and the one about three seconds before; null when there are not two. */
export function modelRates(samples: readonly MetricsSample[], name: string): ModelRates | null {
  const newest = samples.at(-1);
  if (newest === undefined) return null;
  const earlier = samples.findLast((sample) => newest.monotonicUs - sample.monotonicUs >= WINDOW_US) ?? samples[0];
  const now = newest.models.find((model) => model.name === name);
  const then = earlier?.models.find((model) => model.name === name);
  if (earlier === undefined || now === undefined || then === undefined) return null;
  const seconds = (newest.monotonicUs - earlier.monotonicUs) / 1e6;
  // Counters that went back are a restarted engine: its first samples say nothing about a rate yet.
  if (seconds <= 0 || now.requestsOk < then.requestsOk) return null;
  const batches = now.executionCount - then.executionCount;
  const p95Us = histogramPercentileUs(histogramDelta(then.latency, now.latency), 0.95);
  return {
    requestsPerSecond: (now.requestsOk - then.requestsOk) / seconds,
    meanBatchSize: batches > 0 ? (now.inferenceCount - then.inferenceCount) / batches : null,
    p95Ms: p95Us === null ? null : p95Us / 1_000,
  };
}
