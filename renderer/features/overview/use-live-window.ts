import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { ChangeMark, MetricsSample } from '../../../engine/contract';
import { marksStore, metricsStore, preferencesStore } from '../../stores';

export interface LiveWindow {
  readonly samples: readonly MetricsSample[];
  readonly marks: readonly ChangeMark[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly windowMinutes: 1 | 5 | 15;
}

/**
 * The span of time that the charts show. It moves with the samples (twice a second), stands still while paused, and is not
 * repainted while the page is hidden.
 */
export function useLiveWindow(): LiveWindow {
  const windowMinutes = useStore(preferencesStore, (state) => state.chartWindow);
  const paused = useStore(preferencesStore, (state) => state.paused);
  const still = useHidden() || paused;
  const samples = useStill(useSamples(still), still);
  const marks = useStill(
    useStore(marksStore, (state) => state.marks),
    still,
  );
  const toMs = samples.at(-1)?.atMs ?? Date.now();
  return { samples, marks, windowMinutes, toMs, fromMs: toMs - windowMinutes * 60_000 };
}

/** The samples, as they come while the page is visible. */
export function useVisibleSamples(): readonly MetricsSample[] {
  const hidden = useHidden();
  return useStill(useSamples(hidden), hidden);
}

const NONE: readonly MetricsSample[] = [];

/** Nothing while `still`, so that samples which are not shown do not even wake the component. */
function useSamples(still: boolean): readonly MetricsSample[] {
  return useStore(metricsStore, (state) => (still ? NONE : state.samples));
}

/** A value, or the last one from before `still`. */
function useStill<T>(value: T, still: boolean): T {
  const kept = useRef(value);
  if (!still) kept.current = value;
  return kept.current;
}

function useHidden(): boolean {
  const [hidden, setHidden] = useState(document.hidden);
  useEffect(() => {
    const onChange = () => setHidden(document.hidden);
    document.addEventListener('visibilitychange', onChange);
    return () => document.removeEventListener('visibilitychange', onChange);
  }, []);
  return hidden;
}
