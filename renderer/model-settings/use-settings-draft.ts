import { useEffect, useMemo } from 'react';
import type { ModelSummary } from '../../engine/contract';
import { updateSettings } from '../stores';
import { createSettingsDraft, type SettingsDraft } from './settings-draft';

const DEBOUNCE_MS = 150;

function schedule(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

/** The editable settings of one model, applied live; a change made elsewhere shows up here too. */
export function useSettingsDraft(model: ModelSummary): SettingsDraft {
  const { name, settings } = model;
  // A draft belongs to one model: new name, new draft. Later settings come in through `follow`.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `settings` is only the starting value
  const draft = useMemo(
    () =>
      createSettingsDraft({
        initial: settings,
        apply: async (patch) => (await updateSettings(name, patch)).settings,
        nowMs: Date.now,
        schedule,
        debounceMs: DEBOUNCE_MS,
      }),
    [name],
  );
  useEffect(() => draft.follow(settings), [draft, settings]);
  useEffect(() => () => draft.dispose(), [draft]);
  return draft;
}
