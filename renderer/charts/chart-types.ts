import type { ChangeKind } from '../../engine/contract';

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

/** A change that every chart marks with a vertical line. */
export interface ChartMark {
  readonly id: number;
  readonly kind: ChangeKind;
  /** Before the right end of the chart (<= 0). */
  readonly secondsAgo: number;
  readonly text: string;
}
