import { Alert, Button, Group, Skeleton, Stack, Table, Text, Tooltip } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconStack2 } from '@tabler/icons-react';
import { memo, useMemo, useState } from 'react';
import type { BatchRecord } from '../../../engine/contract';
import { EmptyPanel, ReasonSwatch, reasonMeaning } from '../../components';
import { formatClockMs, formatUs } from '../../format';
import { BatchOverview } from './batch-overview';
import { summarizeBatches } from './batch-summary';
import classes from './models.module.css';
import { PredictionChart } from './prediction-chart';
import { ratioOf, summarizePredictions } from './prediction-summary';
import { useRecentBatches } from './use-recent-batches';

interface BatchInspectorProps {
  readonly model: string;
  readonly ready: boolean;
}

/** The last 200 batches: how large, why they left, and where their time went. */
export function BatchInspector({ model, ready }: BatchInspectorProps) {
  const [paused, setPaused] = useState(false);
  const { batches, error } = useRecentBatches(model, !paused);
  const summary = useMemo(() => summarizeBatches(batches ?? []), [batches]);
  const predictions = useMemo(() => summarizePredictions(batches ?? []), [batches]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {paused ? 'Paused: what is shown stays.' : 'The last 200 batches, once a second.'}
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => setPaused(!paused)}
        >
          {paused ? 'Follow batches' : 'Pause batches'}
        </Button>
      </Group>
      {error !== null && (
        <Alert color="red" variant="light" title="The batches could not be read">
          {error}
        </Alert>
      )}
      {batches === null && error === null && <Skeleton height={240} animate={false} />}
      {batches !== null && batches.length === 0 && (
        <EmptyPanel
          icon={<IconStack2 size={32} />}
          title="No batch has run yet"
          description={
            ready
              ? 'Send a request or start a load test: each batch appears here with its size, why it left, and its times.'
              : 'The model is not loaded. Load it, then send requests.'
          }
          action={
            ready ? (
              <Button component="a" href="#/load-test" variant="default">
                Open load test
              </Button>
            ) : undefined
          }
        />
      )}
      {batches !== null && batches.length > 0 && (
        <>
          <BatchOverview summary={summary} />
          <PredictionChart summary={predictions} />
          <BatchTable batches={batches} />
        </>
      )}
    </Stack>
  );
}

function BatchTable({ batches }: { readonly batches: readonly BatchRecord[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.scroller} tabIndex={0} aria-label="Last batches, scrollable">
      <Table
        aria-label="Last batches"
        stickyHeader
        fz="xs"
        verticalSpacing={4}
        horizontalSpacing={6}
        highlightOnHover
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th className={classes.numeric}>Rows</Table.Th>
            <Table.Th className={classes.numeric}>Requests</Table.Th>
            <Table.Th>Left because</Table.Th>
            <Table.Th className={classes.numeric} title="How long the oldest request of the batch had waited">
              Queue
            </Table.Th>
            <Table.Th className={classes.numeric}>Input</Table.Th>
            <Table.Th className={classes.numeric}>Infer</Table.Th>
            <Table.Th className={classes.numeric}>Output</Table.Th>
            <Table.Th
              className={classes.numeric}
              title="Time on the instance that was predicted when it left"
            >
              Predicted
            </Table.Th>
            <Table.Th
              className={classes.numeric}
              title="Input, infer and output together, over the predicted time"
            >
              Ratio
            </Table.Th>
            <Table.Th>Instance</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {batches.map((batch) => (
            <BatchRow key={batch.id} batch={batch} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

const sameBatch = (a: { readonly batch: BatchRecord }, b: { readonly batch: BatchRecord }) =>
  a.batch.id === b.batch.id;

/** A batch never changes once it has run, so a row is drawn once. */
const BatchRow = memo(function BatchRow({ batch }: { readonly batch: BatchRecord }) {
  const ratio = ratioOf(batch);
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{formatClockMs(batch.atMs)}</Table.Td>
      <Table.Td className={classes.numeric}>{batch.rows}</Table.Td>
      <Table.Td className={classes.numeric}>{batch.requests}</Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap" title={reasonMeaning(batch.reason)}>
          <ReasonSwatch reason={batch.reason} />
          {batch.reason}
          {batch.error !== null && (
            <Tooltip label={batch.error} multiline maw={420}>
              <Text span size="xs" c="var(--mantine-color-error)" fw={600}>
                failed: {batch.error}
              </Text>
            </Tooltip>
          )}
        </Group>
      </Table.Td>
      <Table.Td className={classes.numeric}>{formatUs(batch.oldestQueueUs)}</Table.Td>
      <Table.Td className={classes.numeric}>{formatUs(batch.computeInputUs)}</Table.Td>
      <Table.Td className={classes.numeric}>{formatUs(batch.computeInferUs)}</Table.Td>
      <Table.Td className={classes.numeric}>{formatUs(batch.computeOutputUs)}</Table.Td>
      <Table.Td className={classes.numeric}>
        {batch.predictedUs === null ? 'n/a' : formatUs(batch.predictedUs)}
      </Table.Td>
      <Table.Td className={classes.numeric}>{ratio === null ? 'n/a' : `${ratio.toFixed(2)}×`}</Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{batch.instance}</Table.Td>
    </Table.Tr>
  );
}, sameBatch);
