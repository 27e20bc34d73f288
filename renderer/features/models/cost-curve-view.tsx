import { Alert, Group, Stack, Table, Text } from '@mantine/core';
import { IconChartLine } from '@tabler/icons-react';
import type { CostCurveRecord, ModelSummary } from '../../../engine/contract';
import { EmptyPanel, StatTile } from '../../components';
import { formatCount, formatDateTime, formatRate, formatSentence, formatUs } from '../../format';
import { CostCurveChart } from './cost-curve-chart';
import classes from './models.module.css';

/** What a batch of each size costs this model on its device: measured, with its spread. */
export function CostCurveView({ model }: { readonly model: ModelSummary }) {
  const { costCurve, settings } = model;
  if (costCurve === null || costCurve.points.length === 0) return <NoCurve model={model} />;
  return (
    <Stack gap="md">
      <Group gap="xl">
        <StatTile
          label="Best batch size"
          value={`${costCurve.bestRows} ${costCurve.bestRows === 1 ? 'row' : 'rows'}`}
          title={BEST_TITLE}
        />
        <StatTile label="There" value={`${formatRate(rateAt(costCurve, costCurve.bestRows))} rows/s`} />
        <StatTile label="Device" value={`${costCurve.deviceId}, ${costCurve.provider}`} />
        <StatTile
          label={costCurve.source === 'cache' ? 'Kept from an earlier run' : 'Measured'}
          value={formatDateTime(costCurve.measuredAtMs)}
        />
      </Group>
      <CostCurveChart curve={costCurve} sloMs={settings.sloMs} />
      <CostTable curve={costCurve} />
    </Stack>
  );
}

const BEST_TITLE = 'Answers most rows per second; with an SLO, of the sizes that can keep it';

function rateAt({ points }: CostCurveRecord, rows: number): number {
  const point = points.find((one) => one.rows === rows);
  return point === undefined ? Number.NaN : (point.rows * 1e6) / point.meanUs;
}

function NoCurve({ model }: { readonly model: ModelSummary }) {
  if (!model.batchable)
    return (
      <Alert role="note" variant="light" color="gray" p="xs" title="No cost curve">
        This model runs one request at a time: there is only one batch size.
      </Alert>
    );
  const auto = model.settings.batching === 'auto';
  const reason = model.auto?.phase === 'measuring' ? model.auto.reason : null;
  return (
    <EmptyPanel
      icon={<IconChartLine size={32} />}
      title="Not measured yet"
      description={
        auto
          ? `${formatSentence(reason ?? 'auto mode times batches of each size as soon as the model is loaded')}; the curve then stands here.`
          : 'Switch batching to Auto under Settings: it measures what a batch of each size costs here, and waits only as long as that pays.'
      }
    />
  );
}

/** The curve as a table: what the chart draws, for those who want the numbers or cannot see it. */
function CostTable({ curve }: { readonly curve: CostCurveRecord }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.scroller} tabIndex={0} aria-label="Cost by batch size, scrollable">
      <Table aria-label="Cost by batch size" stickyHeader fz="xs" verticalSpacing={4} horizontalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {['Rows', 'Mean', '10th percentile', '95th percentile', 'Rows/s', 'Runs'].map((name) => (
              <Table.Th key={name} className={classes.numeric}>
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {curve.points.map(({ rows, meanUs, lowUs, highUs, runs }) => (
            <Table.Tr key={rows} fw={rows === curve.bestRows ? 700 : 400}>
              <Table.Td className={classes.numeric}>
                {rows === curve.bestRows ? `best: ${rows}` : rows}
              </Table.Td>
              <Table.Td className={classes.numeric}>{formatUs(meanUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatUs(lowUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatUs(highUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatRate((rows * 1e6) / meanUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatCount(runs)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt={4}>
        Times of a whole batch on its instance.
      </Text>
    </section>
  );
}
