import { Code, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { ModelSettingsPatch } from '../../engine/contract';
import { previewSettings } from '../stores';
import { SETTING_FIELDS, type SettingsDraft, type SettingsDraftState } from './settings-draft';

interface WrittenChangeProps {
  readonly model: string;
  readonly draft: SettingsDraft;
}

/** What the change under the operator's hand does to config.pbtxt: shown before it is written, and left there after. */
export function WrittenChange({ model, draft }: WrittenChangeProps) {
  const state = useStore(draft.store);
  const patch = pendingPatch(state);
  const diff = usePreview(model, patch);
  if (diff === '') return null;
  const isPending = patch !== null;
  return (
    <Stack gap={4} component="section" aria-label="Change of config.pbtxt">
      <Text size="xs" c="dimmed">
        {isPending
          ? 'Will be written to config.pbtxt:'
          : 'The last change here, as it stands in config.pbtxt:'}
      </Text>
      <Code block>{diff}</Code>
    </Stack>
  );
}

/** What was changed here and is not confirmed yet; null for nothing. */
function pendingPatch({ values, status }: SettingsDraftState): ModelSettingsPatch | null {
  const fields = SETTING_FIELDS.filter((field) => status[field].kind === 'pending');
  return fields.length === 0 ? null : Object.fromEntries(fields.map((field) => [field, values[field]]));
}

/** One question at a time, the newest patch next: a dragged slider asks no faster than the engine answers. */
function usePreview(model: string, patch: ModelSettingsPatch | null): string {
  const [diff, setDiff] = useState('');
  const key = patch === null ? null : JSON.stringify(patch);
  const wanted = useRef(key);
  const asking = useRef(false);
  wanted.current = key;
  useEffect(() => {
    const ask = async (text: string | null): Promise<void> => {
      if (text === null || asking.current) return;
      asking.current = true;
      const found = await previewSettings(model, JSON.parse(text)).catch(() => '');
      asking.current = false;
      // Asked too late the file has the change already, and there is no difference to show.
      if (found !== '') setDiff(found);
      if (wanted.current !== text) await ask(wanted.current);
    };
    void ask(key);
  }, [model, key]);
  return diff;
}
