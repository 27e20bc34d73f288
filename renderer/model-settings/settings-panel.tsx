import { Alert, Divider, Stack, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../engine/contract';
import { formatSentence } from '../format';
import { statusStore } from '../stores';
import { BatchingFields } from './batching-fields';
import { CapacityFields } from './capacity-fields';
import type { FieldsProps } from './fields-props';
import { LiveEffect } from './live-effect';
import { ProviderOrder } from './provider-order';
import { SettingRow } from './setting-row';
import { RELOAD_FIELDS, type SettingField } from './settings-draft';
import { useSettingsDraft } from './use-settings-draft';
import { WrittenChange } from './written-change';

interface SettingsPanelProps {
  readonly model: ModelSummary;
  /** Only what one moves while traffic runs: batching, size and wait. */
  readonly compact?: boolean;
}

const NO_PROVIDERS = [] as const;

/** The settings of a model with live effect: what is moved here is in force a moment later, with no reload. */
export function SettingsPanel({ model, compact = false }: SettingsPanelProps) {
  const draft = useSettingsDraft(model);
  const values = useStore(draft.store, (state) => state.values);
  const status = useStore(draft.store, (state) => state.status);
  const row = (field: SettingField) => ({
    origin: model.origins[field],
    status: status[field],
    needsReload: RELOAD_FIELDS.has(field),
  });
  const edit = draft.edit;
  return (
    <Stack gap="md">
      {!model.batchable && <NotBatchable note={model.batchingNote} />}
      {model.batchable && model.batchingNote !== null && (
        <Alert role="note" variant="light" color="yellow" p="xs" icon={<IconInfoCircle size={16} />}>
          {formatSentence(model.batchingNote)}
        </Alert>
      )}
      <LiveEffect model={model.name} />
      <BatchingFields model={model} values={values} row={row} edit={edit} compact={compact} />
      {!compact && (
        <>
          <Divider />
          <CapacityFields values={values} row={row} edit={edit} />
          <ProviderField model={model} values={values} row={row} edit={edit} />
          <WrittenChange key={model.name} model={model.name} draft={draft} />
        </>
      )}
    </Stack>
  );
}

function NotBatchable({ note }: { readonly note: string | null }) {
  return (
    <Alert
      role="note"
      variant="light"
      color="gray"
      p="xs"
      icon={<IconInfoCircle size={16} />}
      title="Batching is not possible"
    >
      {formatSentence(note ?? 'The model file has no free batch dimension, so every request runs alone.')}
    </Alert>
  );
}

function ProviderField({ model, values, row, edit }: FieldsProps & { readonly model: ModelSummary }) {
  const providers = useStore(statusStore, (state) => state.status?.providers ?? NO_PROVIDERS);
  if (model.backend === 'simulated')
    return (
      <Text size="sm" c="dimmed">
        Execution providers do not apply: this model runs on a simulated device.
      </Text>
    );
  return (
    <SettingRow
      label="Execution providers"
      hint="Tried from the top; the first that loads is used."
      {...row('executionProviders')}
    >
      <ProviderOrder
        order={values.executionProviders}
        providers={providers}
        activeProvider={model.activeProvider}
        disabled={false}
        onChange={(order) => edit('executionProviders', order)}
      />
      {model.providerNotes.map((note) => (
        <Text key={note} size="xs" c="dimmed" mt={4}>
          {note}
        </Text>
      ))}
    </SettingRow>
  );
}
