import type { ChartSeries } from './live-chart';
import classes from './live-chart.module.css';

export interface ChartLegendProps {
  readonly series: readonly ChartSeries[];
  /** Values at the pointer, or the newest. */
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
}

/** Names, marks and values of the series: the values follow the pointer, on all charts at once. */
export function ChartLegend({ series, values, format }: ChartLegendProps) {
  return (
    <ul className={classes.legend}>
      {series.map(({ label, color, dash, kind }, i) => {
        const value = values[i] ?? null;
        return (
          <li key={label}>
            <svg width="16" height="10" aria-hidden="true">
              {kind === 'stack' ? <rect width="10" height="10" rx="2" x="3" fill={color} /> : <line x1="0" y1="5" x2="16" y2="5" stroke={color} strokeWidth="2" strokeDasharray={dash} />}
            </svg>
            <span>{label}</span>
            <b className="ferry-numbers">{value === null ? 'n/a' : format(value)}</b>
          </li>
        );
      })}
    </ul>
  );
}
