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
  readonly secondsAgo: number;
  /** A letter or two on the flag: tells kinds of changes apart without the text. */
  readonly letter: string;
  readonly text: string;
}
