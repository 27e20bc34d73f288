import { useStore } from 'zustand';
import { currentRates, metricsStore, type RatePoint } from '../stores';

/** What a model does right now; null before anything was measured. */
export function useModelRates(name: string): Pick<RatePoint, 'requestsPerSecond' | 'meanBatchSize' | 'p95Ms'> | null {
  const samples = useStore(metricsStore, (state) => state.samples);
  return currentRates(samples, name);
}
