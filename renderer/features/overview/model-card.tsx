import { Anchor, Button, Group, Text, Tooltip } from '@mantine/core';
import { memo } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../engine/contract';
import { ModelStateBadge, SimulatedBadge } from '../../components';
import { formatCount, formatMs, formatNumber, formatPercent, formatRate } from '../../format';
import { loadModel, modelsStore, type RatePoint } from '../../stores';
import { failed } from './failed';
import classes from './overview.module.css';

interface ModelCardProps {
  readonly model: ModelSummary;
  readonly rates: RatePoint | null;
}

/** One model at a glance. */
export const ModelCard = memo(function ModelCard({ model, rates }: ModelCardProps) {
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
      {model.state === 'ready' ? <Serving model={model} rates={rates} /> : <NotServing model={model} />}
    </article>
  );
});

const shown = (value: number | null | undefined, format: (value: number) => string) =>
  value === null || value === undefined ? 'n/a' : format(value);

function Serving({ model, rates }: ModelCardProps) {
  return (
    <>
      <dl className={classes.stats}>
        <Stat label="Requests/s" value={shown(rates?.requestsPerSecond, formatRate)} />
        <Stat label="Inferences/s" value={shown(rates?.inferencesPerSecond, formatRate)} />
        <Stat label="p50" value={shown(rates?.p50Ms, formatMs)} />
        <Stat label="p99" value={shown(rates?.p99Ms, formatMs)} />
        <Stat label="Mean batch" value={shown(rates?.meanBatchSize, formatNumber)} title="Rows per batch" />
        <Stat label="Queue" value={shown(rates?.queueLength, formatCount)} title="Requests that wait now" />
        <Stat
          label="Busy"
          value={shown(rates?.busyShare, formatPercent)}
          title="Share of the time in which its instances were executing"
        />
        <Stat label="Failed/s" value={shown(rates?.failuresPerSecond, formatRate)} />
      </dl>
      <Text size="xs" c="dimmed">
        {policyOf(model)}
      </Text>
      {model.batchingNote && (
        <Text size="xs" c="dimmed" lineClamp={2} title={model.batchingNote}>
          {model.batchingNote}
        </Text>
      )}
    </>
  );
}

interface StatProps {
  readonly label: string;
  readonly value: string;
  readonly title?: string;
}

function Stat({ label, value, title }: StatProps) {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd data-quiet={value === 'n/a' || undefined}>{value}</dd>
    </div>
  );
}

/** Where it runs and how it batches, in a few words. */
function policyOf({ activeProvider, batchable, instancesReady, settings }: ModelSummary): string {
  const { batching, maxBatchSize, maxQueueDelayUs } = settings;
  const instances = instancesReady === 1 ? '1 instance' : `${instancesReady} instances`;
  const policy = !batchable
    ? 'cannot batch'
    : batching
      ? `batch ≤ ${maxBatchSize}, wait ≤ ${formatMs(maxQueueDelayUs / 1000)}`
      : 'batching off';
  return `${instances} on ${activeProvider ?? 'no provider'} · ${policy}`;
}

function NotServing({ model }: { readonly model: ModelSummary }) {
  const busy = useStore(modelsStore, (state) => state.busy.has(model.name));
  const canLoad = model.state === 'unavailable';
  const reason = model.reason ?? (canLoad ? 'Not loaded.' : `${model.state}…`);
  return (
    <>
      <Tooltip label={reason} multiline maw={420} disabled={reason.length < 80}>
        <Text size="sm" c="dimmed" lineClamp={3} flex={1}>
          {reason}
        </Text>
      </Tooltip>
      {canLoad && (
        <Button
          size="xs"
          variant="light"
          loading={busy}
          aria-label={`Load ${model.name}`}
          style={{ alignSelf: 'flex-start' }}
          onClick={() => loadModel(model.name).catch(failed(`${model.name} was not loaded`))}
        >
          Load
        </Button>
      )}
    </>
  );
}
