import { memo, type ReactNode } from 'react';
import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import type { ChartPoint, ChartSeries } from './chart-types';
import { PLOT } from './plot-area';
import { formatSecondsAgo, timeTicks } from './time-axis';

interface PlotProps {
  readonly windowMinutes: number;
  readonly series: readonly ChartSeries[];
  readonly points: readonly ChartPoint[];
  readonly top: number;
  readonly format: (value: number) => string;
}

const MARGIN = { top: PLOT.top, right: PLOT.right, bottom: 0, left: 0 };
const TICK = { fontSize: 11, fill: 'var(--ferry-muted)' };
const GRID = <CartesianGrid vertical={false} stroke="var(--ferry-grid)" />;

/**
 * The drawing itself, by recharts. Written for the cost of a repaint, after measurements of this library: fixed numeric axis and
 * ticks, no animation, constant props hoisted, nothing formatted per point, and nothing in it that follows the pointer.
 */
export const Plot = memo(function Plot({ windowMinutes, series, points, top, format }: PlotProps) {
  return (
    <ResponsiveContainer width="100%" height="100%" debounce={80}>
      <ComposedChart data={points as ChartPoint[]} margin={MARGIN} accessibilityLayer={false}>
        {GRID}
        <XAxis
          dataKey="secondsAgo"
          type="number"
          scale="linear"
          domain={X_DOMAINS[windowMinutes] ?? [-windowMinutes * 60, 0]}
          ticks={timeTicks(windowMinutes)}
          tickFormatter={formatSecondsAgo}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          height={PLOT.axisHeight}
          interval={0}
          allowDataOverflow
        />
        <YAxis
          domain={[0, top]}
          ticks={[0, top / 2, top]}
          tickFormatter={unbroken(format)}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          width={PLOT.left}
          interval={0}
          allowDataOverflow
        />
        {series.map(drawn)}
      </ComposedChart>
    </ResponsiveContainer>
  );
});

// A value and its unit stay on one line; made once per format, because a new function lays the axis out anew.
const UNBROKEN = new WeakMap<(value: number) => string, (value: number) => string>();

function unbroken(format: (value: number) => string): (value: number) => string {
  const known = UNBROKEN.get(format);
  if (known) return known;
  // Nothing is nothing in every unit: "0 ms" below "15 s" would read as another scale.
  const made = (value: number) => (value === 0 ? '0' : format(value).replaceAll(' ', '\u00a0'));
  UNBROKEN.set(format, made);
  return made;
}

const X_DOMAINS: Readonly<Record<number, [number, number]>> = { 1: [-60, 0], 5: [-300, 0], 15: [-900, 0] };

// One accessor a series, made once: a new function at every paint would make the library lay the series out anew.
const VALUE_OF = Array.from({ length: 12 }, (_, i) => (point: ChartPoint) => point.values[i] ?? null);

function drawn(series: ChartSeries, i: number): ReactNode {
  const common = {
    dataKey: VALUE_OF[i] ?? ((point: ChartPoint) => point.values[i] ?? null),
    name: series.label,
    stroke: series.color,
    isAnimationActive: false,
    dot: false,
    activeDot: false,
    type: 'linear',
    connectNulls: false,
  } as const;
  if (series.kind === 'stack')
    return (
      <Area
        key={series.label}
        {...common}
        stackId="stack"
        fill={series.color}
        fillOpacity={0.55}
        strokeWidth={1}
      />
    );
  return <Line key={series.label} {...common} strokeWidth={1.75} strokeDasharray={series.dash} />;
}
