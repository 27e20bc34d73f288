import { Anchor, Button, Group, Text, Tooltip } from '@mantine/core';
import type { ModelSummary } from '../../../engine/contract';
import { ModelStateBadge, SimulatedBadge, StatTile } from '../../components';
import { formatCount, formatMs, formatNumber, formatPercent, formatRate } from '../../format';
import { loadModel, modelsStore, type RatePoint } from '../../stores';
import { useStore } from 'zustand';
import { failed } from './failed';
import classes from './overview.module.css';

/** One model at a glance. */
export function ModelCard({ model, rates }: { readonly model: ModelSummary; readonly rates: RatePoint | null }) {
  const busy = useStore(modelsStore, (state) => state.busy.has(model.name));
  return (
    <article className={`ferry-panel ${classes.card}`} aria-label={model.name}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Anchor href={`#/models/${encodeURIComponent(model.name)}`} fw={600} truncate c="inherit">
          {model.name}
        </Anchor>
        <Group gap={6} wrap="nowrap">
          {model.backend === 'simulated' && <SimulatedBadge />}
          <ModelStateBadge state={model.state} reason={model.reason} />
        </Group>
      </Group>
      {model.state === 'ready' ? <Serving model={model} rates={rates} /> : <NotServing model={model} busy={busy} />}
    </article>
  );
}

function Serving({ model, rates }: { readonly model: ModelSummary; readonly rates: RatePoint | null }) {
  const number = (value: number | null | undefined, format: (value: number) => string) => (value === null || value === undefined ? '–' : format(value));
  const { batching, maxBatchSize, maxQueueDelayUs } = model.settings;
  const policy = !model.batchable ? 'cannot batch' : batching ? `batches up to ${maxBatchSize}, waits ${formatMs(maxQueueDelayUs / 1000)}` : 'batching off';
  return (
    <>
      <div className={classes.stats}>
        <StatTile label="Requests/s" value={number(rates?.requestsPerSecond, formatRate)} />
        <StatTile label="Inferences/s" value={number(rates?.inferencesPerSecond, formatRate)} />
        <StatTile label="p50" value={number(rates?.p50Ms, formatMs)} />
        <StatTile label="p99" value={number(rates?.p99Ms, formatMs)} />
        <StatTile label="Mean batch" value={number(rates?.meanBatchSize, formatNumber)} title="Rows per batch" />
        <StatTile label="Queue" value={formatCount(rates?.queueLength ?? 0)} title="Requests that wait now" />
        <StatTile label="Busy" value={number(rates?.busyShare, formatPercent)} title="Share of the time in which its instances were executing" />
        <StatTile label="Provider" value={model.activeProvider ?? '–'} title={model.providerNotes.join('; ') || undefined} />
      </div>
      <Text size="xs" c="dimmed" truncate>
        {policy}
        {model.batchingNote && (
          <Tooltip label={model.batchingNote} multiline maw={420} events={{ hover: true, focus: true, touch: true }}>
            <span tabIndex={0}> · {model.batchingNote}</span>
          </Tooltip>
        )}
      </Text>
    </>
  );
}

function NotServing({ model, busy }: { readonly model: ModelSummary; readonly busy: boolean }) {
  const canLoad = model.state === 'unavailable';
  return (
    <Group justify="space-between" align="flex-end" wrap="nowrap">
      <Text size="sm" c="dimmed" lineClamp={3}>
        {model.reason ?? (canLoad ? 'not loaded' : `${model.state}…`)}
      </Text>
      {canLoad && (
        <Button size="xs" variant="light" loading={busy} onClick={() => loadModel(model.name).catch(failed(`${model.name} was not loaded`))}>
          Load
        </Button>
      )}
    </Group>
  );
}
