import { createStore } from 'zustand/vanilla';
import type { MetricsSample } from '../../engine/contract';

/** A quarter of an hour at two samples a second: the longest window of the charts. */
const SAMPLES_KEPT = 1_800;

export interface MetricsState {
  /** Oldest first, cumulative. Rates are made of differences: see derive-series.ts. */
  readonly samples: readonly MetricsSample[];
}

export const metricsStore = createStore<MetricsState>(() => ({ samples: [] }));

/**
 * Adds samples; those not newer than what is there already (the history again, after a reconnect) are left out. When the engine's
 * clock was set back, what was kept has no place on the new clock and is dropped.
 */
export function addSamples(added: readonly MetricsSample[]): void {
  metricsStore.setState(({ samples }) => {
    const kept = clockWasSetBack(samples, added) ? [] : samples;
    const newestMs = kept.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    const fresh = added.filter((sample) => sample.atMs > newestMs);
    return fresh.length === 0 ? {} : { samples: [...kept, ...fresh].slice(-SAMPLES_KEPT) };
  });
}

/** Smaller corrections of a clock only leave out a sample or two. */
const SET_BACK_MS = 2_000;

/** The monotonic clock went on, so this is a new sample, but by the wall clock it is from before. */
function clockWasSetBack(samples: readonly MetricsSample[], added: readonly MetricsSample[]): boolean {
  const [newest, latest] = [samples.at(-1), added.at(-1)];
  if (!newest || !latest) return false;
  return latest.monotonicUs > newest.monotonicUs && latest.atMs < newest.atMs - SET_BACK_MS;
}
