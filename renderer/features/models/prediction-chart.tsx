import { Box, Group, Stack, Text } from '@mantine/core';
import { memo } from 'react';
import {
  CartesianGrid,
  ReferenceLine,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  XAxis,
  YAxis,
} from 'recharts';
import { StatTile } from '../../components';
import { formatCount, formatNumber, formatPercent, formatUs } from '../../format';
import type { PredictionSummary } from './prediction-summary';

const MARGIN = { top: 8, right: 12, bottom: 14, left: 0 };
const TICK = { fontSize: 11, fill: 'var(--ferry-muted)' };

/** Each batch as a point, predicted across and measured upwards: above the line it took longer than was thought. */
export const PredictionChart = memo(function PredictionChart({
  summary,
}: {
  readonly summary: PredictionSummary;
}) {
  const { batches, medianRatio, withinFifth } = summary;
  if (medianRatio === null || withinFifth === null)
    return (
      <Text size="sm" c="dimmed">
        Predicted against measured: no prediction for these batches. Auto mode measures what each batch size
        costs and predicts from that.
      </Text>
    );
  const top =
    Math.max(...batches.map(({ predictedUs, measuredUs }) => Math.max(predictedUs, measuredUs))) * 1.05;
  const told = `measured is ${formatNumber(medianRatio * 100)} % of predicted in the median, ${formatPercent(withinFifth)} of ${formatCount(batches.length)} batches within a fifth`;
  const axis = {
    type: 'number' as const,
    domain: [0, top] as [number, number],
    ticks: [0, top / 2, top],
    tickFormatter: formatUs,
    tick: TICK,
    tickLine: false,
  };
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
          <StatTile label="Within a fifth" value={formatPercent(withinFifth)} />
        </Group>
      </Group>
      <Box h={170} role="img" aria-label={`Predicted against measured times of batches: ${told}`}>
        <ResponsiveContainer width="100%" height="100%">
          <ScatterChart margin={MARGIN} accessibilityLayer={false}>
            <CartesianGrid stroke="var(--ferry-grid)" />
            <XAxis {...axis} dataKey="predictedUs" height={32} label={X_LABEL} />
            <YAxis {...axis} dataKey="measuredUs" width={64} />
            <ReferenceLine
              segment={[
                { x: 0, y: 0 },
                { x: top, y: top },
              ]}
              stroke="var(--ferry-muted)"
              strokeDasharray="5 4"
            />
            <Scatter
              data={batches as PredictionSummary['batches'][number][]}
              fill="var(--ferry-chart-1)"
              fillOpacity={0.6}
              isAnimationActive={false}
              shape={dot}
            />
          </ScatterChart>
        </ResponsiveContainer>
      </Box>
      <Text size="xs" c="dimmed">
        Up: measured time on the instance. A point above the dashed line took longer than predicted.
      </Text>
    </Stack>
  );
});

const X_LABEL = {
  value: 'predicted',
  position: 'insideBottom',
  offset: 0,
  fontSize: 11,
  fill: 'var(--ferry-muted)',
} as const;

const dot = ({ cx, cy, fill }: { readonly cx?: number; readonly cy?: number; readonly fill?: string }) => (
  <circle cx={cx} cy={cy} r={3} fill={fill} fillOpacity={0.6} />
);
