import { Box, Group, Stack, Text } from '@mantine/core';
import { memo, useMemo } from 'react';
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { LoadTestRun } from '../../../engine/contract';
import { formatMs, formatRate } from '../../format';
import { chartPoints, type RunChartPoint, timeTicks } from './run-series';

interface Series {
  readonly key: keyof RunChartPoint;
  readonly name: string;
  readonly color: string;
  /** Lines differ by dash as well as by colour. */
  readonly dash?: string;
}

const RATES: readonly Series[] = [
  { key: 'offered', name: 'Offered', color: 'var(--mantine-color-dimmed)', dash: '5 4' },
  { key: 'succeeded', name: 'Answered', color: 'var(--ferry-chart-3)' },
  { key: 'errors', name: 'Errors', color: 'var(--ferry-chart-bad)', dash: '2 2' },
];
const LATENCIES: readonly Series[] = [
  { key: 'p50Ms', name: 'p50', color: 'var(--ferry-chart-1)' },
  { key: 'p99Ms', name: 'p99', color: 'var(--ferry-chart-2)', dash: '5 3' },
];

const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 };
const TICK = { fontSize: 11, fill: 'var(--mantine-color-dimmed)' };
const GRID = <CartesianGrid vertical={false} stroke="var(--ferry-grid)" />;
const formatSecond = (second: number) => `${second} s`;
const LABEL_STYLE = { color: 'var(--mantine-color-dimmed)' };
const TOOLTIP_STYLE = {
  background: 'var(--ferry-panel)',
  border: '1px solid var(--ferry-line)',
  borderRadius: 6,
  fontSize: 12,
};

/** Throughput and latency of a run, live or kept, over the whole time it is meant to take. */
export function RunCharts({ run }: { readonly run: LoadTestRun }) {
  const points = useMemo(() => chartPoints(run.points), [run.points]);
  const { warmupMs, durationMs } = run.scenario;
  const fromS = -warmupMs / 1_000;
  const toS = run.finishedAtMs === null ? durationMs / 1_000 : Math.max(1, Math.ceil(run.measuredMs / 1_000));
  return (
    <Stack gap="md">
      <RunChart
        title="Requests per second"
        series={RATES}
        points={points}
        fromS={fromS}
        toS={toS}
        format={formatRate}
      />
      <RunChart
        title="Response time"
        series={LATENCIES}
        points={points}
        fromS={fromS}
        toS={toS}
        format={formatMs}
      />
    </Stack>
  );
}

interface RunChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly points: readonly RunChartPoint[];
  readonly fromS: number;
  readonly toS: number;
  readonly format: (value: number) => string;
}

/** The last value of each series in words, for those who cannot see the lines. */
function chartSummary({ title, series, points, format }: RunChartProps): string {
  const last = points.at(-1);
  if (last === undefined) return `${title}: nothing measured yet`;
  const values = series.map(({ key, name }) => {
    const value = last[key];
    return `${name} ${value === null ? 'n/a' : format(value)}`;
  });
  return `${title} over time. Last second: ${values.join(', ')}`;
}

const RunChart = memo(function RunChart(props: RunChartProps) {
  const { title, series, points, fromS, toS, format } = props;
  const ticks = useMemo(() => timeTicks(fromS, toS), [fromS, toS]);
  const domain = useMemo<[number, number]>(() => [fromS, toS], [fromS, toS]);
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={500}>
          {title}
        </Text>
        <Group gap="md">
          {series.map((line) => (
            <Group key={line.key} gap={6}>
              <svg width="18" height="8" aria-hidden="true">
                <line
                  x1="0"
                  y1="4"
                  x2="18"
                  y2="4"
                  stroke={line.color}
                  strokeWidth="2"
                  strokeDasharray={line.dash}
                />
              </svg>
              <Text size="xs">{line.name}</Text>
            </Group>
          ))}
        </Group>
      </Group>
      <Box h={170} role="img" aria-label={chartSummary(props)}>
        <ResponsiveContainer width="100%" height="100%">
          <LineChart data={points as RunChartPoint[]} margin={MARGIN} accessibilityLayer={false}>
            {GRID}
            {fromS < 0 && (
              <ReferenceArea x1={fromS} x2={0} fill="var(--mantine-color-dimmed)" fillOpacity={0.12} />
            )}
            <XAxis
              dataKey="atS"
              type="number"
              scale="linear"
              domain={domain}
              ticks={ticks}
              tick={TICK}
              tickFormatter={formatSecond}
              interval={0}
              allowDataOverflow
            />
            <YAxis width={64} tick={TICK} tickFormatter={format} domain={Y_DOMAIN} />
            <Tooltip
              isAnimationActive={false}
              contentStyle={TOOLTIP_STYLE}
              labelStyle={LABEL_STYLE}
              labelFormatter={(label) => `${Number(label).toFixed(0)} s`}
              formatter={(value) => (typeof value === 'number' ? format(value) : 'n/a')}
            />
            {series.map((line) => (
              <Line
                key={line.key}
                dataKey={line.key}
                name={line.name}
                stroke={line.color}
                strokeDasharray={line.dash}
                strokeWidth={1.8}
                dot={false}
                isAnimationActive={false}
                type="linear"
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </Box>
    </div>
  );
});

const Y_DOMAIN: [number, 'auto'] = [0, 'auto'];
