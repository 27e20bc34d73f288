import type { DepartureReason, MetricsSample } from '../../../engine/contract';
import type { ChartMark, ChartPoint } from '../../charts';
import type { DevicePoint, RatePoint } from '../../stores';
import type { LiveWindow } from './use-live-window';

/** Points a series has at most: beyond that nothing more is seen, and painting costs. */
export const MAX_POINTS = 240;
/** Stacked areas cost more per point. */
export const MAX_STACK_POINTS = 90;

/** Rates (or readings) as points of a chart, on its clock. */
export function pointsOf<T extends RatePoint | DevicePoint>(rates: readonly T[], toMs: number, pick: (rate: T) => readonly (number | null)[]): ChartPoint[] {
  return rates.map((rate) => ({ secondsAgo: (rate.atMs - toMs) / 1000, values: pick(rate) }));
}

/** The changes inside the window, as vertical marks. With a model chosen, only its own and the engine's. */
export function marksOf({ marks, fromMs, toMs }: LiveWindow, model: string | null): ChartMark[] {
  return marks
    .filter((mark) => mark.atMs >= fromMs && mark.atMs <= toMs && (model === null || mark.model === null || mark.model === model))
    .slice(-40)
    .map((mark) => ({ secondsAgo: (mark.atMs - toMs) / 1000, text: mark.model !== null && model === null && mark.kind === 'settings' ? `${mark.model}: ${mark.text}` : mark.text }));
}

/** Reasons that occurred anywhere in the window, in their fixed order. */
export function reasonsIn(rates: readonly RatePoint[], all: readonly DepartureReason[]): readonly DepartureReason[] {
  return all.filter((reason) => rates.some((rate) => (rate.departures[reason] ?? 0) > 0));
}

/** Batches per size between the first and the last sample of the window. */
export function batchSizesIn(samples: readonly MetricsSample[], fromMs: number, model: string | null): readonly (readonly [rows: number, batches: number])[] {
  const last = samples.at(-1);
  const first = samples.find((sample) => sample.atMs >= fromMs);
  if (!first || !last || first === last) return [];
  const sums = new Map<number, number>();
  for (const counters of last.models) {
    if (model !== null && counters.name !== model) continue;
    const before = new Map(first.models.find((earlier) => earlier.name === counters.name)?.batchSizes ?? []);
    for (const [rows, batches] of counters.batchSizes) {
      const since = batches - (before.get(rows) ?? 0);
      // After a restart of the engine counts begin anew: what is there happened since.
      const count = since >= 0 ? since : batches;
      if (count > 0) sums.set(rows, (sums.get(rows) ?? 0) + count);
    }
  }
  return [...sums].sort((a, b) => a[0] - b[0]);
}
