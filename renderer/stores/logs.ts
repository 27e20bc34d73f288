import { createStore } from 'zustand/vanilla';
import type { LogEntry } from '../../engine/contract';

const ENTRIES_KEPT = 5_000;

/** Oldest first. */
export const logsStore = createStore<{ readonly entries: readonly LogEntry[] }>(() => ({ entries: [] }));

export function addLogEntries(entries: readonly LogEntry[]): void {
  logsStore.setState(({ entries: kept }) => ({ entries: mergeById(kept, entries, ENTRIES_KEPT) }));
}

/** Items come again after a reconnect (the first message is the history), and after a restart ids begin anew. */
export function mergeById<T extends { readonly id: number; readonly atMs: number }>(
  kept: readonly T[],
  added: readonly T[],
  limit: number,
): readonly T[] {
  const seen = new Set(kept.slice(-2 * limit).map((item) => `${item.id}@${item.atMs}`));
  const fresh = added.filter((item) => !seen.has(`${item.id}@${item.atMs}`));
  return fresh.length === 0 ? kept : [...kept, ...fresh].slice(-limit);
}
