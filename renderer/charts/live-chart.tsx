import { memo, type PointerEvent, type ReactNode } from 'react';
import { ChartLegend, ChartWhen } from './chart-legend';
import type { ChartMark, ChartPoint, ChartSeries } from './chart-types';
import { setHover } from './hover';
import classes from './live-chart.module.css';
import { Plot } from './plot';
import { secondsAgoAt } from './plot-area';
import { Crosshair, MarkLines } from './plot-overlay';
import { formatSecondsAgo, roundUp } from './time-axis';

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
  /** What to do about it when there is nothing to draw. */
  readonly empty?: string;
  /** Beside the title: a choice of what is drawn. */
  readonly aside?: ReactNode;
  readonly note?: ReactNode;
}

const leavePointer = () => setHover(null);

/** One live chart on the page's shared clock: its caption and legend, the drawing, the marks of changes and the shared crosshair. */
export const LiveChart = memo(function LiveChart(props: LiveChartProps) {
  const { title, unit, windowMinutes, series, points, marks, format, top, empty, aside, note } = props;
  const spanS = windowMinutes * 60;
  const followPointer = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setHover(secondsAgoAt(event.clientX - left, width, spanS));
  };
  const nothing = empty !== undefined && isEmpty(points);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
    <figure className={`ferry-panel ${classes.figure}`} role="group" aria-label={`${title} chart`}>
      <figcaption className={classes.caption}>
        <span className={classes.title}>{title}</span>
        <span className={classes.unit}>{unit}</span>
        <ChartWhen points={points} />
        {aside}
      </figcaption>
      <ChartLegend series={series} points={points} format={format} />
      <p className={classes.summary}>{summary(props)}</p>
      <div
        className={classes.plot}
        aria-hidden="true"
        onPointerMove={followPointer}
        onPointerLeave={leavePointer}
      >
        <Plot
          windowMinutes={windowMinutes}
          series={series}
          points={points}
          top={top ?? roundUp(highest(points, series))}
          format={format}
        />
        <MarkLines marks={marks} spanS={spanS} />
        <Crosshair marks={marks} spanS={spanS} />
        {nothing && (
          <div className={classes.empty}>
            <span>{empty}</span>
          </div>
        )}
      </div>
      {note && <div className={classes.note}>{note}</div>}
    </figure>
  );
});

const isEmpty = (points: readonly ChartPoint[]) =>
  points.every(({ values }) => values.every((value) => value === null || value === 0));

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

/** Changes read out: the newest few. */
const MARKS_TOLD = 5;

/** What a screen reader says of the chart: the newest values and changes in words. */
function summary({ title, unit, series, points, marks, format }: LiveChartProps): string {
  const latest = points.at(-1);
  const values = series.map(({ label }, i) => {
    const value = latest?.values[i] ?? null;
    return `${label} ${value === null ? 'not available' : format(value)}`;
  });
  const changes = marks
    .slice(-MARKS_TOLD)
    .map(({ secondsAgo, text }) => `${formatSecondsAgo(secondsAgo)} ${text}`);
  const told = changes.length === 0 ? '' : `. Changes: ${changes.join('; ')}`;
  return `${title}, ${unit}, now: ${values.join(', ')}${told}`;
}
