export { type ChartMark, type ChartPoint, type ChartSeries, LiveChart, type LiveChartProps } from './live-chart';
