import { useMemo } from 'react';
import { DEPARTURE_REASONS } from '../../../engine/contract';
import { type ChartSeries, LiveChart } from '../../charts';
import { reasonColor } from '../../components';
import { formatMs, formatNumber, formatRate } from '../../format';
import { rateSeries } from '../../stores';
import { BatchSizes } from './batch-sizes';
import { batchSizesIn, MAX_POINTS, MAX_STACK_POINTS, marksOf, pointsOf, reasonsIn } from './chart-points';
import type { LiveWindow } from './use-live-window';

const THROUGHPUT: readonly ChartSeries[] = [
  { label: 'requests/s', color: 'var(--ferry-chart-1)', kind: 'line' },
  { label: 'inferences/s', color: 'var(--ferry-chart-3)', kind: 'line', dash: '6 3' },
  { label: 'failed/s', color: 'var(--ferry-chart-bad)', kind: 'line', dash: '2 2' },
];
const LATENCY: readonly ChartSeries[] = [
  { label: 'p50', color: 'var(--ferry-chart-1)', kind: 'line' },
  { label: 'p95', color: 'var(--ferry-chart-2)', kind: 'line', dash: '6 3' },
  { label: 'p99', color: 'var(--ferry-chart-4)', kind: 'line', dash: '2 2' },
];
const BATCH: readonly ChartSeries[] = [{ label: 'mean rows per batch', color: 'var(--ferry-chart-1)', kind: 'line' }];

/** Throughput, latency, batch size and why batches left. */
export function ModelCharts({ live, model }: { readonly live: LiveWindow; readonly model: string | null }) {
  const { samples, fromMs, toMs, windowMinutes } = live;
  const rates = useMemo(() => rateSeries(samples, model, fromMs, toMs, MAX_POINTS), [samples, model, fromMs, toMs]);
  const coarse = useMemo(() => rateSeries(samples, model, fromMs, toMs, MAX_STACK_POINTS), [samples, model, fromMs, toMs]);
  const marks = useMemo(() => marksOf(live, model), [live.marks, fromMs, toMs, model]);
  const reasons = reasonsIn(coarse, DEPARTURE_REASONS);
  const reasonSeries = useMemo(() => reasons.map((reason): ChartSeries => ({ label: reason, color: reasonColor(reason), kind: 'stack' })), [reasons.join()]);
  const common = { windowMinutes, marks };
  return (
    <>
      <LiveChart {...common} title="Throughput" unit="per second" series={THROUGHPUT} format={formatRate} points={pointsOf(rates, toMs, (rate) => [rate.requestsPerSecond, rate.inferencesPerSecond, rate.failuresPerSecond])} />
      <LiveChart {...common} title="Latency" unit="arrival to answer, in the engine" series={LATENCY} format={formatMs} points={pointsOf(rates, toMs, (rate) => [rate.p50Ms, rate.p95Ms, rate.p99Ms])} />
      <LiveChart {...common} title="Batch size" unit="rows" series={BATCH} format={formatNumber} points={pointsOf(rates, toMs, (rate) => [rate.meanBatchSize])} />
      <LiveChart {...common} title="Why batches left" unit="batches per second" series={reasonSeries} format={formatRate} points={pointsOf(coarse, toMs, (rate) => reasons.map((reason) => rate.departures[reason] ?? 0))} />
      <BatchSizes sizes={batchSizesIn(samples, fromMs, model)} />
    </>
  );
}
