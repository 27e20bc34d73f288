import { Box, Group, Stack, Text } from '@mantine/core';
import { memo, useMemo } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Scatter,
  XAxis,
  YAxis,
} from 'recharts';
import { StatTile } from '../../components';
import { formatCount, formatPercent, usOnAxis } from '../../format';
import { type PredictionPlot, predictionPlot } from './prediction-plot';
import type { PredictionSummary } from './prediction-summary';

const MARGIN = { top: 8, right: 28, bottom: 16, left: 14 };
const TICK = { fontSize: 11, fill: 'var(--ferry-muted)' };

/** Each batch as a point, predicted across and measured upwards: above the line it took longer than was thought. */
export const PredictionChart = memo(function PredictionChart({
  summary,
}: {
  readonly summary: PredictionSummary;
}) {
  const { batches, medianRatio, withinFifth } = summary;
  const plot = useMemo(() => predictionPlot(batches), [batches]);
  if (medianRatio === null || withinFifth === null)
    return (
      <Text size="sm" c="dimmed">
        Predicted against measured: no prediction for these batches. Auto mode measures what each batch size
        costs and predicts from that.
      </Text>
    );
  const told = `measured is ${(medianRatio * 100).toFixed(0)} % of predicted in the median, ${formatPercent(withinFifth)} of ${formatCount(batches.length)} batches within a fifth`;
  return (
    <Stack gap={4}>
      <Group justify="space-between" align="flex-end">
        <Text size="sm" fw={500}>
          Predicted against measured
        </Text>
        <Group gap="xl">
          <StatTile
            label="Measured / predicted"
            value={`${medianRatio.toFixed(2)}×`}
            title="Median of these batches"
          />
          <StatTile label="Within a fifth" value={formatPercent(withinFifth)} title={FIFTH_TITLE} />
        </Group>
      </Group>
      <Box h={230} role="img" aria-label={`Predicted against measured times of batches: ${told}`}>
        <Drawing plot={plot} />
      </Box>
      <Text size="xs" c="dimmed">
        A point is a batch: on the dashed line it took as long as predicted, above it longer, in the shaded
        wedge within a fifth.
        {plot.beyond > 0 &&
          ` ${formatCount(plot.beyond)} ${plot.beyond === 1 ? 'batch that took longer than shown stands' : 'batches that took longer than shown stand'} at the upper edge.`}
      </Text>
    </Stack>
  );
});

const FIFTH_TITLE = 'Auto mode stops waiting when 50 batches are off by more than a fifth on average';

function Drawing({ plot: { guide, batches, topUs } }: { readonly plot: PredictionPlot }) {
  const axis = useMemo(
    () => ({
      type: 'number' as const,
      domain: [0, topUs] as [number, number],
      ticks: [0, topUs / 4, topUs / 2, (topUs * 3) / 4, topUs],
      tickFormatter: usOnAxis(topUs),
      tick: TICK,
      tickLine: false,
      interval: 0 as const,
      allowDataOverflow: true,
    }),
    [topUs],
  );
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={[...guide]} margin={MARGIN} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--ferry-grid)" />
        <XAxis {...axis} dataKey="predictedUs" height={34} label={X_LABEL} />
        <YAxis {...axis} width={64} label={Y_LABEL} />
        <Area
          dataKey="fifthUs"
          stroke="none"
          fill="var(--ferry-chart-3)"
          fillOpacity={0.18}
          isAnimationActive={false}
          activeDot={false}
        />
        <Line
          dataKey="exactUs"
          stroke="var(--ferry-muted)"
          strokeDasharray="5 4"
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
        <Scatter
          data={[...batches]}
          dataKey="shownUs"
          fill="var(--ferry-chart-1)"
          isAnimationActive={false}
          shape={dot}
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

const LABEL = { fontSize: 11, fill: 'var(--ferry-muted)' };
const X_LABEL = { ...LABEL, value: 'predicted', position: 'insideBottom', offset: 0 } as const;
const Y_LABEL = { ...LABEL, value: 'measured', angle: -90, position: 'insideLeft' } as const;

const dot = ({ cx, cy }: { readonly cx?: number; readonly cy?: number }) => (
  <circle cx={cx} cy={cy} r={3} fill="var(--ferry-chart-1)" fillOpacity={0.6} />
);
