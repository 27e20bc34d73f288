import { Group, Stack, Text } from '@mantine/core';
import { DEPARTURE_REASONS } from '../../../engine/contract';
import { ReasonSwatch, reasonColor, reasonMeaning, StatTile } from '../../components';
import { formatCount, formatNumber, formatUs } from '../../format';
import type { BatchSummary, SizeBin } from './batch-summary';
import classes from './models.module.css';

/** Sizes of the last batches as bars coloured by why they left, with the means beside them. */
export function BatchOverview({ summary }: { readonly summary: BatchSummary }) {
  const { meanRows, meanInferUs, meanOldestQueueUs } = summary;
  return (
    <Stack gap="sm">
      <Group gap="xl">
        <StatTile label="Mean batch" value={meanRows === null ? 'n/a' : `${formatNumber(meanRows)} rows`} />
        <StatTile label="Mean run" value={meanInferUs === null ? 'n/a' : formatUs(meanInferUs)} />
        <StatTile
          label="Mean oldest wait"
          value={meanOldestQueueUs === null ? 'n/a' : formatUs(meanOldestQueueUs)}
        />
        <StatTile label="Requests in them" value={formatCount(summary.requests)} />
        <StatTile label="Failed" value={formatCount(summary.failed)} />
      </Group>
      <SizeHistogram bins={summary.bins} total={summary.batches} />
      <Group gap="md">
        {summary.reasons.map(({ reason, count }) => (
          <Group key={reason} gap={6} title={reasonMeaning(reason)}>
            <ReasonSwatch reason={reason} />
            <Text size="xs">
              {reason}{' '}
              <Text span c="dimmed">
                {formatCount(count)}
              </Text>
            </Text>
          </Group>
        ))}
      </Group>
    </Stack>
  );
}

function binText(bin: SizeBin): string {
  const size = bin.fromRows === bin.toRows ? `${bin.toRows}` : `${bin.fromRows} to ${bin.toRows}`;
  const reasons = DEPARTURE_REASONS.filter((reason) => bin.byReason[reason] !== undefined)
    .map((reason) => `${bin.byReason[reason]} ${reason}`)
    .join(', ');
  return `${size} rows: ${bin.count} ${bin.count === 1 ? 'batch' : 'batches'}${reasons === '' ? '' : ` (${reasons})`}`;
}

function SizeHistogram({ bins, total }: { readonly bins: readonly SizeBin[]; readonly total: number }) {
  const tallest = Math.max(1, ...bins.map((bin) => bin.count));
  const every = Math.ceil(bins.length / 16);
  const summary = bins
    .filter((bin) => bin.count > 0)
    .map(binText)
    .join('; ');
  return (
    <div role="img" aria-label={`Batch sizes of the last ${total} batches. ${summary}`}>
      <div className={classes.histogram}>
        {bins.map((bin) => (
          <div key={bin.toRows} className={classes.bar} title={binText(bin)}>
            {DEPARTURE_REASONS.map((reason) => {
              const count = bin.byReason[reason] ?? 0;
              if (count === 0) return null;
              return (
                <div
                  key={reason}
                  style={{ height: `${(100 * count) / tallest}%`, background: reasonColor(reason) }}
                />
              );
            })}
          </div>
        ))}
      </div>
      <div className={classes.binLabels} aria-hidden>
        {bins.map((bin, index) => (
          <span key={bin.toRows}>{index % every === 0 || index === bins.length - 1 ? bin.toRows : ''}</span>
        ))}
      </div>
      <Text size="xs" c="dimmed">
        Rows in a batch
      </Text>
    </div>
  );
}
