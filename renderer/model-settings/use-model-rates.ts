import { useMemo } from 'react';
import { useStore } from 'zustand';
import { currentRates, metricsStore, type RatePoint } from '../stores';

/** What a model does right now, anew with every sample of the engine; null while that is not known. */
export function useModelRates(name: string): RatePoint | null {
  const samples = useStore(metricsStore, (state) => state.samples);
  return useMemo(() => currentRates(samples, name), [samples, name]);
}
