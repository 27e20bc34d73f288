import { Alert, Divider, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { type ModelSettings, type ModelSummary, SETTING_LIMITS } from '../../engine/contract';
import { formatCount, formatSentence, formatUs } from '../format';
import { statusStore } from '../stores';
import { CommittedNumber } from './committed-number';
import { LiveEffect } from './live-effect';
import { PreferredSizes } from './preferred-sizes';
import { ProviderOrder } from './provider-order';
import { SettingRow } from './setting-row';
import { type FieldStatus, RELOAD_FIELDS, type SettingField } from './settings-draft';
import { batchSizeScale, queueDelayScale } from './slider-scale';
import { SliderSetting } from './slider-setting';
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

interface FieldsProps {
  readonly values: ModelSettings;
  readonly row: (field: SettingField) => {
    readonly origin: ModelSummary['origins'][SettingField];
    readonly status: FieldStatus;
    readonly needsReload: boolean;
  };
  readonly edit: <F extends SettingField>(field: F, value: ModelSettings[F]) => void;
}

type BatchingFieldsProps = FieldsProps & { readonly model: ModelSummary; readonly compact: boolean };

const BATCH_MARKS = [1, 8, 16, 32, 64, 128, 256, 512, 1024];
const COMPACT_DELAY_MARKS = [0, 1_000, 5_000, 20_000, 1_000_000, 10_000_000];
const DELAY_MARKS = [0, 1_000, 2_000, 5_000, 10_000, 20_000, 100_000, 1_000_000, 10_000_000];

function BatchingFields({ model, values, row, edit, compact }: BatchingFieldsProps) {
  const off = !model.batchable || !values.batching;
  return (
    <>
      <SettingRow label="Batching" {...row('batching')}>
        <Switch
          aria-label="Batching"
          label={
            values.batching && model.batchable
              ? 'Requests leave as packed batches'
              : 'Every request runs alone'
          }
          checked={values.batching && model.batchable}
          disabled={!model.batchable}
          onChange={(event) => edit('batching', event.currentTarget.checked)}
        />
      </SettingRow>
      <SettingRow label="Max batch size" {...row('maxBatchSize')}>
        <SliderSetting
          label="Max batch size"
          value={values.maxBatchSize}
          scale={batchSizeScale(values.maxBatchSize, SETTING_LIMITS.maxBatchSize.max)}
          limits={SETTING_LIMITS.maxBatchSize}
          suffix={values.maxBatchSize === 1 ? ' row' : ' rows'}
          formatValue={(rows) => `${rows}`}
          marks={BATCH_MARKS}
          disabled={off}
          onChange={(rows) => edit('maxBatchSize', rows)}
        />
      </SettingRow>
      <SettingRow
        label="Max queue delay"
        hint={
          compact
            ? undefined
            : 'The longest that the oldest request waits for company while an instance is idle.'
        }
        {...row('maxQueueDelayUs')}
      >
        <SliderSetting
          label="Max queue delay"
          value={values.maxQueueDelayUs}
          scale={queueDelayScale(values.maxQueueDelayUs, SETTING_LIMITS.maxQueueDelayUs.max)}
          limits={SETTING_LIMITS.maxQueueDelayUs}
          suffix=" µs"
          formatValue={formatUs}
          marks={compact ? COMPACT_DELAY_MARKS : DELAY_MARKS}
          disabled={off}
          onChange={(us) => edit('maxQueueDelayUs', us)}
        />
      </SettingRow>
      {!compact && (
        <SettingRow
          label="Preferred batch sizes"
          hint="Sizes that leave early, before the delay is up. None: only the max batch size."
          {...row('preferredBatchSizes')}
        >
          <PreferredSizes
            sizes={values.preferredBatchSizes}
            disabled={off}
            onChange={(sizes) => edit('preferredBatchSizes', sizes)}
          />
        </SettingRow>
      )}
    </>
  );
}

function CapacityFields({ values, row, edit }: FieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="md">
      <SettingRow
        label="Max queue size"
        hint="Requests that may wait; one more is refused with 503."
        {...row('maxQueueSize')}
      >
        <CommittedNumber
          label="Max queue size"
          value={values.maxQueueSize}
          limits={SETTING_LIMITS.maxQueueSize}
          suffix=" requests"
          size="xs"
          w={180}
          onCommit={(value) => edit('maxQueueSize', value)}
        />
      </SettingRow>
      <SettingRow
        label="Instances"
        hint="Sessions on threads of their own: as many batches at once."
        {...row('instanceCount')}
      >
        <CommittedNumber
          label="Instances"
          value={values.instanceCount}
          limits={SETTING_LIMITS.instanceCount}
          size="xs"
          w={180}
          onCommit={(value) => edit('instanceCount', value)}
        />
      </SettingRow>
      <SettingRow label="Threads per session" {...row('intraOpThreads')}>
        <CommittedNumber
          label="Threads per session"
          value={values.intraOpThreads}
          limits={SETTING_LIMITS.intraOpThreads}
          size="xs"
          w={180}
          onCommit={(value) => edit('intraOpThreads', value)}
        />
        <ThreadsHint threads={values.intraOpThreads * values.instanceCount} />
      </SettingRow>
    </SimpleGrid>
  );
}

function ThreadsHint({ threads }: { readonly threads: number }) {
  const cores = useStore(statusStore, (state) => state.status?.cpuCount ?? null);
  if (cores === null) return null;
  const over = threads > cores;
  return (
    <Text size="xs" c={over ? 'var(--ferry-caution)' : 'dimmed'} mt={4}>
      {formatCount(threads)} in all on {formatCount(cores)} cores
      {over ? ': more threads than cores usually costs throughput.' : '.'}
    </Text>
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
