import { CLOSED_BARS, type Comparison, OPEN_BARS } from '../engine/testing/simulation/matrix';
import { type Benchmark, type BenchResult, percentile, printTable, round } from './benchmark';
import { compareAll } from './compare-all';

interface Quantiles {
  readonly median: number;
  readonly tail: number;
  readonly worst: number;
}

/** Of throughputs, where less is worse. */
function closedQuantiles(comparisons: readonly Comparison[]): Quantiles {
  const ratios = comparisons.map(({ ratio }) => ratio);
  return { median: percentile(ratios, 0.5), tail: percentile(ratios, 0.1), worst: Math.min(...ratios) };
}

/** Of latencies, where more is worse. */
function openQuantiles(comparisons: readonly Comparison[]): Quantiles {
  const ratios = comparisons.map(({ ratio }) => ratio);
  return { median: percentile(ratios, 0.5), tail: percentile(ratios, 0.9), worst: Math.max(...ratios) };
}

/** How far the quantiles are on the wrong side of their bars; negative when all hold. */
function closedShortfall({ median, tail, worst }: Quantiles): number {
  return Math.max(CLOSED_BARS.median - median, CLOSED_BARS.p10 - tail, CLOSED_BARS.worst - worst);
}

function openShortfall({ median, tail, worst }: Quantiles): number {
  return Math.max(median - OPEN_BARS.median, tail - OPEN_BARS.p90, worst - OPEN_BARS.worst);
}

function printComparisons(print: (line: string) => void, comparisons: readonly Comparison[]): void {
  printTable(
    print,
    comparisons.map(({ name, ratio, bestSetting, staticRatios }) => ({
      scenario: name,
      'auto / best static': ratio.toFixed(3),
      'best static': bestSetting,
      'median static / best': percentile(staticRatios, 0.5).toFixed(2),
    })),
  );
}

const rounded = ({ median, tail, worst }: Quantiles, tailName: string) => ({
  median: round(median),
  [tailName]: round(tail),
  worst: round(worst),
});

export function judgeClosed(comparisons: readonly Comparison[]): BenchResult {
  const quantiles = closedQuantiles(comparisons);
  const detail = { scenarios: comparisons.length, ...rounded(quantiles, 'p10'), bars: CLOSED_BARS };
  const holds = closedShortfall(quantiles) <= 0;
  return { value: round(quantiles.median), bar: CLOSED_BARS.median, holds, detail };
}

export function judgeOpen(comparisons: readonly Comparison[]): BenchResult {
  const quantiles = openQuantiles(comparisons);
  const detail = { scenarios: comparisons.length, ...rounded(quantiles, 'p90'), bars: OPEN_BARS };
  const holds = openShortfall(quantiles) <= 0;
  return { value: round(quantiles.median), bar: OPEN_BARS.median, holds, detail };
}

export const autoClosed: Benchmark = {
  name: 'auto-closed',
  describes:
    'throughput of auto mode / best of 48 static settings, 70 closed loops in virtual time (median, p10, worst)',
  async run(print) {
    const comparisons = await compareAll('closed');
    printComparisons(print, comparisons);
    return judgeClosed(comparisons);
  },
};

export const autoOpen: Benchmark = {
  name: 'auto-open',
  describes:
    'p99 of auto mode / best of 48 static settings, 60 open loops in virtual time (median, p90, worst)',
  async run(print) {
    const comparisons = await compareAll('open');
    printComparisons(print, comparisons);
    return judgeOpen(comparisons);
  },
};

const HELD_OUT_BAR = 0.02;

export const autoHeldOut: Benchmark = {
  name: 'auto-heldout',
  describes:
    'how far the ratios of curves and seeds that chose no constant miss the bars of auto-closed and auto-open',
  async run(print) {
    const closed = await compareAll('held-out closed');
    printComparisons(print, closed);
    const open = await compareAll('held-out open');
    printComparisons(print, open);
    const closedSeen = closedQuantiles(closed);
    const openSeen = openQuantiles(open);
    const value = round(Math.max(closedShortfall(closedSeen), openShortfall(openSeen)));
    const detail = {
      closed: { scenarios: closed.length, ...rounded(closedSeen, 'p10') },
      open: { scenarios: open.length, ...rounded(openSeen, 'p90') },
    };
    return { value, bar: HELD_OUT_BAR, holds: value <= HELD_OUT_BAR, detail };
  },
};
