import { createStore } from 'zustand/vanilla';
import type { MetricsSample } from '../../engine/contract';

/** A quarter of an hour at two samples a second: the longest window of the charts. */
const SAMPLES_KEPT = 1_800;

export interface MetricsState {
  /** Oldest first, cumulative. Rates are made of differences: see derive-series.ts. */
  readonly samples: readonly MetricsSample[];
}

export const metricsStore = createStore<MetricsState>(() => ({ samples: [] }));

/** Adds samples; those not newer than what is there already (the history again, after a reconnect) are left out. */
export function addSamples(added: readonly MetricsSample[]): void {
  metricsStore.setState(({ samples }) => {
    const newestMs = samples.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    const fresh = added.filter((sample) => sample.atMs > newestMs);
    return fresh.length === 0 ? {} : { samples: [...samples, ...fresh].slice(-SAMPLES_KEPT) };
  });
}
