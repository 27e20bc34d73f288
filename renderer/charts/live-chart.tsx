import { memo, type ReactNode } from 'react';
import { Area, CartesianGrid, ComposedChart, Line, ReferenceLine, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import { ChartLegend } from './chart-legend';
import { hoverStore, setHover } from './hover';
import classes from './live-chart.module.css';
import { nearestIndex } from './nearest';
import { formatSecondsAgo, roundUp, timeTicks } from './time-axis';

/** One instant: seconds before now (<= 0), and a value per series. Null leaves a gap. */
export interface ChartPoint {
  readonly secondsAgo: number;
  readonly values: readonly (number | null)[];
}

export interface ChartSeries {
  readonly label: string;
  /** A CSS colour; the dash tells series apart without it. */
  readonly color: string;
  readonly dash?: string;
  /** Stacked areas add up; lines stand for themselves. */
  readonly kind: 'line' | 'stack';
}

export interface ChartMark {
  readonly secondsAgo: number;
  readonly text: string;
}

export interface LiveChartProps {
  readonly title: string;
  readonly unit: string;
  readonly windowMinutes: number;
  readonly series: readonly ChartSeries[];
  readonly points: readonly ChartPoint[];
  readonly marks: readonly ChartMark[];
  readonly format: (value: number) => string;
  /** Fixed top of the axis (1 for shares); by default it follows the data in round steps. */
  readonly top?: number;
  readonly note?: ReactNode;
}

const MARGIN = { top: 6, right: 8, bottom: 0, left: 0 };
const TICK = { fontSize: 11, fill: 'var(--ferry-muted)' };
/** A mark is named when the pointer is as near as this share of the window. */
const MARK_REACH = 0.015;

/**
 * One live chart on the page's shared clock. Written for the cost of a repaint, after measurements of this library: fixed numeric
 * axis and ticks, no animation, constant props hoisted, nothing formatted per point.
 */
export const LiveChart = memo(function LiveChart(props: LiveChartProps) {
  const { title, unit, windowMinutes, series, points, marks, format, top, note } = props;
  const hovered = useStore(hoverStore, (state) => state.secondsAgo);
  const at = hovered === null ? points.length - 1 : nearestIndex(points, hovered);
  const shown = points[at];
  const domainTop = top ?? roundUp(highest(points, series));
  const span = windowMinutes * 60;
  const mark = hovered === null ? undefined : marks.find(({ secondsAgo }) => Math.abs(secondsAgo - hovered) < span * MARK_REACH);
  const latest = points.at(-1);
  return (
    <figure className={`ferry-panel ${classes.figure}`} role="group" aria-label={`${title} chart`}>
      <figcaption className={classes.caption}>
        <span className={classes.title}>{title}</span>
        <span className={classes.unit}>{unit}</span>
        <span className={classes.when}>{mark ? mark.text : hovered !== null && shown ? formatSecondsAgo(shown.secondsAgo) : ''}</span>
      </figcaption>
      <ChartLegend series={series} values={shown?.values ?? []} format={format} />
      <p className={classes.summary}>{summary(title, unit, series, latest, format)}</p>
      <div className={classes.plot} aria-hidden="true">
        <ResponsiveContainer width="100%" height="100%" debounce={80}>
          <ComposedChart data={points as ChartPoint[]} margin={MARGIN} onMouseMove={followPointer} onMouseLeave={leavePointer} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--ferry-grid)" />
            <XAxis dataKey="secondsAgo" type="number" scale="linear" domain={[-span, 0]} ticks={timeTicks(windowMinutes)} tickFormatter={formatSecondsAgo} tick={TICK} tickLine={false} axisLine={false} height={20} interval={0} allowDataOverflow />
            <YAxis domain={[0, domainTop]} ticks={[0, domainTop / 2, domainTop]} tickFormatter={format} tick={TICK} tickLine={false} axisLine={false} width={58} allowDataOverflow />
            {series.map((one, i) => drawn(one, i))}
            {marks.map(({ secondsAgo, text }) => (
              <ReferenceLine key={`${text}${secondsAgo}`} x={secondsAgo} stroke="var(--ferry-mark)" strokeDasharray="2 3" ifOverflow="hidden" />
            ))}
            {hovered !== null && <ReferenceLine x={hovered} stroke="var(--ferry-muted)" ifOverflow="hidden" />}
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      {note && <div className={classes.note}>{note}</div>}
    </figure>
  );
});

// One accessor a series, made once: a new function at every paint would make the library lay the series out anew.
const VALUE_OF = Array.from({ length: 12 }, (_, i) => (point: ChartPoint) => point.values[i] ?? null);
const valueOf = (i: number) => VALUE_OF[i] ?? ((point: ChartPoint) => point.values[i] ?? null);

function drawn(series: ChartSeries, i: number): ReactNode {
  const common = { dataKey: valueOf(i), name: series.label, stroke: series.color, isAnimationActive: false, dot: false, activeDot: false, type: 'linear', connectNulls: false } as const;
  if (series.kind === 'stack') return <Area key={series.label} {...common} stackId="stack" fill={series.color} fillOpacity={0.55} strokeWidth={1} />;
  return <Line key={series.label} {...common} strokeWidth={1.75} strokeDasharray={series.dash} />;
}

function followPointer(state: { readonly activeLabel?: string | number | undefined }): void {
  const at = Number(state.activeLabel);
  setHover(Number.isFinite(at) && state.activeLabel !== undefined ? at : null);
}

const leavePointer = () => setHover(null);

function highest(points: readonly ChartPoint[], series: readonly ChartSeries[]): number {
  let top = 0;
  for (const { values } of points) {
    let stacked = 0;
    series.forEach(({ kind }, i) => {
      const value = values[i] ?? 0;
      if (kind === 'stack') stacked += value;
      else top = Math.max(top, value);
    });
    top = Math.max(top, stacked);
  }
  return top;
}

/** What a screen reader says of the chart: the newest values in words. */
function summary(title: string, unit: string, series: readonly ChartSeries[], latest: ChartPoint | undefined, format: (value: number) => string): string {
  const parts = series.map(({ label }, i) => {
    const value = latest?.values[i] ?? null;
    return `${label} ${value === null ? 'not available' : format(value)}`;
  });
  return `${title}, ${unit}, now: ${parts.join(', ')}`;
}
