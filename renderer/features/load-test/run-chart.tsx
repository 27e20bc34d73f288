import { Box, Group, Stack, Text } from '@mantine/core';
import { memo, type ReactNode, useMemo } from 'react';
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
import { useStore } from 'zustand';
import type { LoadTestRun } from '../../../engine/contract';
import { ChangeList, type ChartMark, Crosshair, chartMarks, MarkLines, PLOT } from '../../charts';
import { formatMs, formatRate } from '../../format';
import { marksStore } from '../../stores';
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

// As the live charts have it: the marks lie over the drawing and must know where its time axis begins.
const MARGIN = { top: PLOT.top, right: PLOT.right, bottom: 0, left: 0 };
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
  const marks = useRunMarks(run, toS);
  return (
    <Stack gap="md">
      <RunChart
        marks={marks}
        title="Requests per second"
        series={RATES}
        points={points}
        fromS={fromS}
        toS={toS}
        format={formatRate}
      />
      <RunChart
        marks={marks}
        title="Response time"
        series={LATENCIES}
        points={points}
        fromS={fromS}
        toS={toS}
        format={formatMs}
      />
      {marks.length > 0 && (
        <ChangeList marks={marks} when={({ secondsAgo }) => formatSecond(Math.round(toS + secondsAgo))} />
      )}
    </Stack>
  );
}

/** What changed while the run went on, of all models: they share the device. A chart ends `toS` after the warm-up. */
function useRunMarks({ startedAtMs, scenario }: LoadTestRun, toS: number): readonly ChartMark[] {
  const marks = useStore(marksStore, (state) => state.marks);
  const toMs = startedAtMs + scenario.warmupMs + toS * 1000;
  return useMemo(() => chartMarks(marks, { fromMs: startedAtMs, toMs }, null), [marks, startedAtMs, toMs]);
}

interface RunChartProps {
  readonly marks: readonly ChartMark[];
  readonly title: string;
  readonly series: readonly Series[];
  readonly points: readonly RunChartPoint[];
  readonly fromS: number;
  readonly toS: number;
  readonly format: (value: number) => string;
}

/** How near the pointer must be to a change for its text, as a share of the chart. */
const REACH = 0.015;

/** When it was, and what changed there. */
function tipLabel(atS: number, { marks, fromS, toS }: RunChartProps): ReactNode {
  const near = marks.filter(({ secondsAgo }) => Math.abs(toS + secondsAgo - atS) <= (toS - fromS) * REACH);
  return (
    <>
      {atS.toFixed(0)} s
      {near.map(({ id, text }) => (
        <Text key={id} size="xs" maw={320} style={{ whiteSpace: 'normal' }}>
          {text}
        </Text>
      ))}
    </>
  );
}

/** The last value of each series in words, for those who cannot see the lines. */
function chartSummary({ title, series, points, marks, toS, format }: RunChartProps): string {
  const last = points.at(-1);
  if (last === undefined) return `${title}: nothing measured yet`;
  const values = series.map(({ key, name }) => {
    const value = last[key];
    return `${name} ${value === null ? 'n/a' : format(value)}`;
  });
  const changes = marks.map(
    ({ secondsAgo, text }) => `${formatSecond(Math.round(toS + secondsAgo))} ${text}`,
  );
  const told = changes.length === 0 ? '' : `. Changes: ${changes.join('; ')}`;
  return `${title} over time. Last second: ${values.join(', ')}${told}`;
}

const RunChart = memo(function RunChart(props: RunChartProps) {
  const { title, series, points, marks, fromS, toS, format } = props;
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
      <Box h={170} pos="relative" role="img" aria-label={chartSummary(props)}>
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
              height={PLOT.axisHeight}
              allowDataOverflow
            />
            <YAxis width={PLOT.left} tick={TICK} tickFormatter={format} domain={Y_DOMAIN} />
            <Tooltip
              isAnimationActive={false}
              contentStyle={TOOLTIP_STYLE}
              labelStyle={LABEL_STYLE}
              labelFormatter={(label) => tipLabel(Number(label), props)}
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
        <MarkLines marks={marks} spanS={toS - fromS} />
        <Crosshair marks={marks} spanS={toS - fromS} />
      </Box>
    </div>
  );
});

const Y_DOMAIN: [number, 'auto'] = [0, 'auto'];
