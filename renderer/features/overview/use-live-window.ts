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
  const samples = useStore(metricsStore, (state) => state.samples);
  const marks = useStore(marksStore, (state) => state.marks);
  const windowMinutes = useStore(preferencesStore, (state) => state.chartWindow);
  const paused = useStore(preferencesStore, (state) => state.paused);
  const hidden = useHidden();
  const shown = useRef({ samples, marks });
  if (!paused && !hidden) shown.current = { samples, marks };
  const toMs = shown.current.samples.at(-1)?.atMs ?? Date.now();
  return { ...shown.current, windowMinutes, toMs, fromMs: toMs - windowMinutes * 60_000 };
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
