export type { ChartMark, ChartPoint, ChartSeries } from './chart-types';
export { downsample, type SeriesRow } from './downsample';
export { LiveChart, type LiveChartProps } from './live-chart';
