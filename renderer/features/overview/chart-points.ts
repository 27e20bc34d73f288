import type { DepartureReason, MetricsSample } from '../../../engine/contract';
import { type ChartPoint, downsample, type SeriesRow } from '../../charts';
import type { DevicePoint, RatePoint } from '../../stores';
import type { LiveWindow } from './use-live-window';

/** Points a line has at most: beyond that nothing more is seen, and painting costs. */
const MAX_POINTS = 240;
/** A hole longer than this is left open; the engine sends two samples a second. */
const GAP_MS = 3_000;

/**
 * Rates (or readings) as points of a chart, on its clock: thinned out with peaks kept, and with an empty point in every hole,
 * so that no line runs across one.
 *
 * @param everyMs time that one of `rates` spans
 */
export function pointsOf<T extends RatePoint | DevicePoint>(
  rates: readonly T[],
  { fromMs, toMs }: Pick<LiveWindow, 'fromMs' | 'toMs'>,
  pick: (rate: T) => readonly (number | null)[],
  everyMs = 0,
): ChartPoint[] {
  const rows: SeriesRow[] = [];
  let previousMs = Number.NaN;
  for (const rate of rates) {
    const values = pick(rate);
    if (rate.atMs - previousMs > GAP_MS + 2 * everyMs)
      rows.push({ atMs: previousMs + 1, values: values.map(() => null) });
    rows.push({ atMs: rate.atMs, values });
    previousMs = rate.atMs;
  }
  return downsample(rows, toMs - fromMs, MAX_POINTS).map(({ atMs, values }) => ({
    secondsAgo: (atMs - toMs) / 1000,
    values,
  }));
}

/** Reasons that occurred anywhere in the window, in their fixed order. */
export function reasonsIn(
  rates: readonly RatePoint[],
  all: readonly DepartureReason[],
): readonly DepartureReason[] {
  return all.filter((reason) => rates.some((rate) => (rate.departures[reason] ?? 0) > 0));
}

/** Batches per size between the first sample of the window and the one at its end. */
export function batchSizesIn(
  samples: readonly MetricsSample[],
  fromMs: number,
  model: string | null,
): readonly (readonly [rows: number, batches: number])[] {
  const last = samples.at(-1);
  const first = samples.find((sample) => sample.atMs >= fromMs);
  if (!first || !last || first === last) return [];
  const sums = new Map<number, number>();
  for (const counters of last.models) {
    if (model !== null && counters.name !== model) continue;
    const before = first.models.find((earlier) => earlier.name === counters.name)?.batchSizes ?? [];
    for (const [rows, batches] of newBatches(before, counters.batchSizes))
      sums.set(rows, (sums.get(rows) ?? 0) + batches);
  }
  return [...sums].sort((a, b) => a[0] - b[0]);
}

type Sizes = MetricsSample['models'][number]['batchSizes'];

/** Batches per size between two cumulative counts; a count that went back belongs to a restarted engine and is all new. */
function newBatches(before: Sizes, after: Sizes): Sizes {
  const earlier = new Map(before);
  return after
    .map(([rows, batches]) => {
      const since = batches - (earlier.get(rows) ?? 0);
      return [rows, since >= 0 ? since : batches] as const;
    })
    .filter(([, batches]) => batches > 0);
}
