export { ChangeList } from './change-list';
export { chartMarks } from './chart-marks';
export type { ChartMark, ChartPoint, ChartSeries } from './chart-types';
export { downsample, type SeriesRow } from './downsample';
export { LiveChart, type LiveChartProps } from './live-chart';
export { PLOT } from './plot-area';
export { Crosshair, MarkLines } from './plot-overlay';
export { roundUp } from './time-axis';
