import { Alert, Group, Stack, Table, Text } from '@mantine/core';
import { IconChartLine } from '@tabler/icons-react';
import type { CostCurveRecord, CostPoint, ModelSummary } from '../../../engine/contract';
import { EmptyPanel, StatTile } from '../../components';
import { formatCount, formatDateTime, formatRate, formatRows, formatSentence, formatUs } from '../../format';
import { pointAt } from './cost-chart';
import { CostCurveChart } from './cost-curve-chart';
import classes from './models.module.css';

/** What a batch of each size costs this model on its device: measured, with its spread. */
export function CostCurveView({ model }: { readonly model: ModelSummary }) {
  const { costCurve, settings } = model;
  if (costCurve === null || costCurve.points.length === 0) return <NoCurve model={model} />;
  const { bestRows, deviceId, provider } = costCurve;
  const [best, single] = [pointAt(costCurve, bestRows), pointAt(costCurve, 1)];
  return (
    <Stack gap="md">
      <Group gap="xl">
        <StatTile label="Best batch size" value={formatRows(costCurve.bestRows)} title={BEST_TITLE} />
        <StatTile label="At that size" value={best === null ? 'n/a' : `${formatRate(rateOf(best))} rows/s`} />
        {single !== null && (
          <StatTile label="One row alone" value={formatUs(single.meanUs)} title="No SLO can be below this" />
        )}
        <StatTile label="Device" value={deviceId === provider ? deviceId : `${deviceId}, ${provider}`} />
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

const rateOf = ({ rows, meanUs }: CostPoint) => (rows * 1e6) / meanUs;

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
  const best = pointAt(curve, curve.bestRows);
  // A best size that was not measured itself has its place in the table all the same.
  const points = best?.runs === 0 ? [...curve.points, best].sort((a, b) => a.rows - b.rows) : curve.points;
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
          {points.map(({ rows, meanUs, lowUs, highUs, runs }) => (
            <Table.Tr key={rows} fw={rows === curve.bestRows ? 700 : 400}>
              <Table.Td className={classes.numeric}>
                {rows === curve.bestRows ? `best: ${rows}` : rows}
              </Table.Td>
              <Table.Td className={classes.numeric}>{formatUs(meanUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatUs(lowUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatUs(highUs)}</Table.Td>
              <Table.Td className={classes.numeric}>{formatRate((rows * 1e6) / meanUs)}</Table.Td>
              <Table.Td className={classes.numeric}>
                {runs === 0 ? 'interpolated' : formatCount(runs)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt={4}>
        Times of a whole batch on its instance. Runs: how many each size was measured with, real traffic
        included.
      </Text>
    </section>
  );
}
