import { useStore } from 'zustand';
import type { ChartPoint, ChartSeries } from './chart-types';
import { hoverStore } from './hover';
import classes from './live-chart.module.css';
import { nearestIndex } from './nearest';
import { formatSecondsAgo } from './time-axis';

interface ReadoutProps {
  readonly points: readonly ChartPoint[];
}

/** The point under the pointer, or the newest while it is elsewhere. */
function useShownPoint(points: readonly ChartPoint[]): {
  readonly point: ChartPoint | undefined;
  readonly hovered: boolean;
} {
  const hovered = useStore(hoverStore, (state) => state.secondsAgo);
  const at = hovered === null ? points.length - 1 : nearestIndex(points, hovered);
  return { point: points[at], hovered: hovered !== null };
}

/** When the shown values are from, while the pointer is over a chart. */
export function ChartWhen({ points }: ReadoutProps) {
  const { point, hovered } = useShownPoint(points);
  return <span className={classes.when}>{hovered && point ? formatSecondsAgo(point.secondsAgo) : ''}</span>;
}

interface ChartLegendProps extends ReadoutProps {
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
}

/** Names, marks and values of the series: the values follow the pointer, on all charts at once. */
export function ChartLegend({ series, points, format }: ChartLegendProps) {
  const { point } = useShownPoint(points);
  return (
    <ul className={classes.legend}>
      {series.map(({ label, color, dash, kind }, i) => {
        const value = point?.values[i] ?? null;
        return (
          <li key={label}>
            <svg width="16" height="10" aria-hidden="true">
              {kind === 'stack' ? (
                <rect width="10" height="10" rx="2" x="3" fill={color} />
              ) : (
                <line x1="0" y1="5" x2="16" y2="5" stroke={color} strokeWidth="2" strokeDasharray={dash} />
              )}
            </svg>
            <span>{label}</span>
            <b className={classes.value}>{value === null ? 'n/a' : format(value)}</b>
          </li>
        );
      })}
    </ul>
  );
}
