import { useMemo } from 'react';
import { DEPARTURE_REASONS } from '../../../engine/contract';
import { type ChartMark, type ChartSeries, LiveChart } from '../../charts';
import { reasonColor } from '../../components';
import { formatMs, formatNumber, formatRate } from '../../format';
import { type RatePoint, rateSeries } from '../../stores';
import { BatchSizes } from './batch-sizes';
import { batchSizesIn, pointsOf, reasonsIn } from './chart-points';
import type { LiveWindow } from './use-live-window';

const THROUGHPUT: readonly ChartSeries[] = [
  { label: 'requests/s', color: 'var(--ferry-chart-1)', kind: 'line' },
  // On top, with wide gaps: with one row per request the two lines are the same.
  { label: 'inferences/s', color: 'var(--ferry-chart-2)', kind: 'line', dash: '4 6' },
  { label: 'failed/s', color: 'var(--ferry-chart-bad)', kind: 'line', dash: '2 2' },
];
const LATENCY: readonly ChartSeries[] = [
  { label: 'p50', color: 'var(--ferry-chart-1)', kind: 'line' },
  { label: 'p95', color: 'var(--ferry-chart-2)', kind: 'line', dash: '6 3' },
  { label: 'p99', color: 'var(--ferry-chart-4)', kind: 'line', dash: '2 2' },
];
const BATCH: readonly ChartSeries[] = [
  { label: 'mean rows per batch', color: 'var(--ferry-chart-1)', kind: 'line' },
];

const throughputOf = (rate: RatePoint) => [
  rate.requestsPerSecond,
  rate.inferencesPerSecond,
  rate.failuresPerSecond,
];
const latencyOf = (rate: RatePoint) => [rate.p50Ms, rate.p95Ms, rate.p99Ms];
const batchOf = (rate: RatePoint) => [rate.meanBatchSize];

/** Areas in a stacked chart cost more per point than lines: 60 of them, whatever the window. */
const STACK_POINTS = 60;

interface ModelChartsProps {
  readonly live: LiveWindow;
  readonly model: string | null;
  readonly marks: readonly ChartMark[];
}

/** Throughput, latency, batch size and why batches left. */
export function ModelCharts({ live, model, marks }: ModelChartsProps) {
  const { samples, fromMs, toMs, windowMinutes } = live;
  const lines = useMemo(() => {
    const rates = rateSeries(samples, model, fromMs, toMs);
    const span = { fromMs, toMs };
    return {
      throughput: pointsOf(rates, span, throughputOf),
      latency: pointsOf(rates, span, latencyOf),
      batch: pointsOf(rates, span, batchOf),
      sizes: batchSizesIn(samples, fromMs, model),
    };
  }, [samples, model, fromMs, toMs]);
  const common = { windowMinutes, marks };
  return (
    <>
      <LiveChart
        {...common}
        title="Throughput"
        unit="per second"
        series={THROUGHPUT}
        format={formatRate}
        points={lines.throughput}
        empty="No traffic: press “Show me”, start a load test, or send the request above"
      />
      <LiveChart
        {...common}
        title="Latency"
        unit="arrival to answer, in the engine"
        series={LATENCY}
        format={formatMs}
        points={lines.latency}
        empty="Shown as soon as requests are answered"
      />
      <LiveChart
        {...common}
        title="Batch size"
        unit="rows"
        series={BATCH}
        format={formatNumber}
        points={lines.batch}
        empty="Shown as soon as batches run"
      />
      <Departures live={live} model={model} marks={marks} />
      <BatchSizes sizes={lines.sizes} />
    </>
  );
}

/** Why batches left: stacked, because the reasons add up to all batches. */
function Departures({ live: { samples, fromMs, toMs, windowMinutes }, model, marks }: ModelChartsProps) {
  const everyMs = (windowMinutes * 60_000) / STACK_POINTS;
  const rates = useMemo(
    () => rateSeries(samples, model, fromMs, toMs, everyMs),
    [samples, model, fromMs, toMs, everyMs],
  );
  const names = reasonsIn(rates, DEPARTURE_REASONS).join();
  const { reasons, series } = useMemo(() => {
    const present = DEPARTURE_REASONS.filter((reason) => names.split(',').includes(reason));
    const stacked = present.map(
      (reason): ChartSeries => ({ label: reason, color: reasonColor(reason), kind: 'stack' }),
    );
    return { reasons: present, series: stacked };
  }, [names]);
  const points = useMemo(
    () =>
      pointsOf(
        rates,
        { fromMs, toMs },
        (rate) => reasons.map((reason) => rate.departures[reason] ?? 0),
        everyMs,
      ),
    [rates, fromMs, toMs, reasons, everyMs],
  );
  return (
    <LiveChart
      windowMinutes={windowMinutes}
      marks={marks}
      title="Why batches left"
      unit="batches per second"
      series={series}
      format={formatRate}
      points={points}
      empty="Shown as soon as batches run"
    />
  );
}
