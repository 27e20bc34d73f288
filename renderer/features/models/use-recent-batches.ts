import { useEffect, useRef, useState } from 'react';
import type { BatchRecord } from '../../../engine/contract';
import { recentBatches } from '../../stores';

const POLL_MS = 1_000;

export interface RecentBatches {
  /** Newest first; null before the first answer. */
  readonly batches: readonly BatchRecord[] | null;
  readonly error: string | null;
}

const NOTHING: RecentBatches = { batches: null, error: null };

async function readBatches(model: string, before: RecentBatches): Promise<RecentBatches> {
  // A hidden page asks for nothing; what it showed is still there when it is looked at again.
  if (document.hidden) return before;
  try {
    const batches = await recentBatches(model);
    return { batches: [...batches].sort((a, b) => b.id - a.id), error: null };
  } catch (error) {
    return { ...before, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The last batches of a model, asked for once a second while `live` and the page is visible. */
export function useRecentBatches(model: string, live: boolean): RecentBatches {
  const [recent, setRecent] = useState(NOTHING);
  const last = useRef(NOTHING);
  useEffect(() => {
    if (!live) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = async () => {
      const next = await readBatches(model, last.current);
      if (stopped) return;
      last.current = next;
      setRecent(next);
      // The next question waits for the answer: a slow engine is not asked twice at once.
      timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [model, live]);
  return recent;
}
