import { Anchor, Box, Button, Group, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { memo } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../engine/contract';
import { failed, isOnCall, ModeBadge, ModelStateBadge, SimulatedBadge } from '../../components';
import { formatCount, formatMs, formatNumber, formatPercent, formatRate, formatSentence } from '../../format';
import { loadModel, modelsStore, type RatePoint } from '../../stores';
import classes from './overview.module.css';

interface ModelCardProps {
  readonly model: ModelSummary;
  readonly rates: RatePoint | null;
}

/** One model at a glance. */
export const ModelCard = memo(function ModelCard({ model, rates }: ModelCardProps) {
  return (
    <article className={`ferry-panel ${classes.card}`} aria-label={model.name}>
      <Group justify="space-between" wrap="nowrap" gap={4}>
        <Anchor
          href={`#/models/${encodeURIComponent(model.name)}`}
          fw={600}
          fz={13}
          truncate
          c="inherit"
          title={model.name}
        >
          {model.name}
        </Anchor>
        <Box flex="none">
          <ModelStateBadge model={model} />
        </Box>
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
      <div className={classes.headline}>
        <Headline value={shown(rates?.requestsPerSecond, formatRate)} unit="req/s" />
        <Headline
          value={shown(rates?.meanBatchSize, formatNumber)}
          unit="rows/batch"
          title="Mean batch: rows per batch"
        />
      </div>
      <dl className={classes.stats}>
        <Stat label="p50" value={shown(rates?.p50Ms, formatMs)} />
        <Stat
          label="inf/s"
          title="Inferences per second: rows answered"
          value={shown(rates?.inferencesPerSecond, formatRate)}
        />
        <Stat label="p99" value={shown(rates?.p99Ms, formatMs)} />
        <Stat label="queue" value={shown(rates?.queueLength, formatCount)} title="Requests that wait now" />
        <Stat
          label="busy"
          value={shown(rates?.busyShare, formatPercent)}
          title="Share of the time in which its instances were executing"
        />
        <Stat label="failed/s" value={shown(rates?.failuresPerSecond, formatRate)} />
      </dl>
      <Group gap={6} wrap="nowrap" mt="auto">
        <Box flex="none">
          <ModeBadge model={model} />
        </Box>
        {model.backend === 'simulated' && (
          <Box flex="none">
            <SimulatedBadge />
          </Box>
        )}
        <Text size="xs" c="dimmed" truncate title={policyInWords(model)}>
          {policyOf(model)}
        </Text>
        {model.batchingNote && <BatchingNote text={model.batchingNote} />}
      </Group>
    </>
  );
}

/** What the engine knows about how this model batches; too long for a card. */
function BatchingNote({ text }: { readonly text: string }) {
  return (
    <Tooltip label={text} multiline maw={360} events={{ hover: true, focus: true, touch: true }}>
      <UnstyledButton aria-label={`About its batching: ${text}`} className={classes.info}>
        <IconInfoCircle size={14} aria-hidden />
      </UnstyledButton>
    </Tooltip>
  );
}

interface HeadlineProps {
  readonly value: string;
  readonly unit: string;
  readonly title?: string;
}

function Headline({ value, unit, title }: HeadlineProps) {
  return (
    <span title={title}>
      <b data-quiet={isQuiet(value)}>{value}</b> <small>{unit}</small>
    </span>
  );
}

interface StatProps {
  readonly label: string;
  readonly value: string;
  readonly title?: string;
}

const isQuiet = (value: string) => value === 'n/a' || value === '0' || undefined;

function Stat({ label, value, title }: StatProps) {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd data-quiet={isQuiet(value)}>{value}</dd>
    </div>
  );
}

/** Its bounds and where it runs, as short as a card wants it; the badge before it says the mode. */
function policyOf({ activeProvider, backend, batchable, instancesReady, settings }: ModelSummary): string {
  const { batching, maxBatchSize, maxQueueDelayUs } = settings;
  const where = backend === 'simulated' ? '' : (activeProvider ?? 'no provider');
  const count = instancesReady === 1 ? '' : `${instancesReady} ×`;
  return [
    batchable && batching !== 'off' && `≤ ${formatCount(maxBatchSize)} rows`,
    batchable && batching === 'fixed' && `≤ ${formatMs(maxQueueDelayUs / 1000)}`,
    [count, where].filter(Boolean).join(' '),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The same in full. */
function policyInWords({ batchable, instancesReady, settings }: ModelSummary): string {
  const { batching, maxBatchSize, maxQueueDelayUs } = settings;
  const instances = instancesReady === 1 ? '1 instance' : `${instancesReady} instances`;
  if (!batchable || batching === 'off') return `Every request runs alone; ${instances}`;
  return batching === 'auto'
    ? `A batch of at most ${maxBatchSize} rows leaves when waiting no longer pays; ${instances}`
    : `A batch leaves with ${maxBatchSize} rows, or after ${formatMs(maxQueueDelayUs / 1000)}; ${instances}`;
}

function NotServing({ model }: { readonly model: ModelSummary }) {
  const busy = useStore(modelsStore, (state) => state.busy.has(model.name));
  const canLoad = model.state === 'unavailable';
  const reason = isOnCall(model)
    ? (model.reason ?? 'Loaded with its first request.')
    : (model.reason ?? (canLoad ? 'Not loaded.' : `${model.state}…`));
  return (
    <>
      <Tooltip label={reason} multiline maw={420} disabled={reason.length < 80}>
        <Box flex={1}>
          <Text size="xs" c="dimmed" lineClamp={4}>
            {formatSentence(reason)}
          </Text>
        </Box>
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
