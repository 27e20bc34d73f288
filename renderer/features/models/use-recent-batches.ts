import { useEffect, useState } from 'react';
import type { BatchRecord } from '../../../engine/contract';
import { recentBatches } from '../../stores';

const POLL_MS = 1_000;

export interface RecentBatches {
  /** Newest first; null before the first answer. */
  readonly batches: readonly BatchRecord[] | null;
  readonly error: string | null;
}

const NOTHING: RecentBatches = { batches: null, error: null };

/** The last batches of a model, asked for once a second while `live` and the page is visible. */
export function useRecentBatches(model: string, live: boolean): RecentBatches {
  const [recent, setRecent] = useState(NOTHING);
  useEffect(() => {
    if (!live) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = async () => {
      if (!document.hidden) {
        try {
          const batches = await recentBatches(model);
          if (!stopped) setRecent({ batches: [...batches].sort((a, b) => b.id - a.id), error: null });
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          if (!stopped) setRecent((before) => ({ ...before, error: message }));
        }
      }
      // The next question waits for the answer: a slow engine is not asked twice at once.
      if (!stopped) timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [model, live]);
  return recent;
}
