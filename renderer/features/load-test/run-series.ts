import type { LoadTestPoint } from '../../../engine/contract';

/** A chart with more points than this costs time and shows nothing more. */
export const MAX_POINTS = 240;

export interface RunChartPoint {
  /** Middle of the interval since the beginning of the measured part, seconds; negative in warm-up. */
  readonly atS: number;
  readonly offered: number;
  readonly succeeded: number;
  readonly errors: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The largest of the measured ones: a peak must not vanish because points were put together. */
function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The points of a run for its charts, neighbours put together when there are more than `MAX_POINTS`. */
export function chartPoints(points: readonly LoadTestPoint[]): RunChartPoint[] {
  const group = Math.max(1, Math.ceil(points.length / MAX_POINTS));
  const result: RunChartPoint[] = [];
  for (let start = 0; start < points.length; start += group) {
    const part = points.slice(start, start + group);
    result.push({
      atS: mean(part.map((point) => point.atMs)) / 1_000,
      offered: mean(part.map((point) => point.offeredPerSecond)),
      succeeded: mean(part.map((point) => point.succeededPerSecond)),
      errors: mean(part.map((point) => point.errorsPerSecond)),
      p50Ms: largest(part.map((point) => point.p50Ms)),
      p99Ms: largest(part.map((point) => point.p99Ms)),
    });
  }
  return result;
}

/** Whole steps of time that cut a run into at most eight parts, seconds. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400];

/** Fixed ticks for a run from `fromS` (warm-up, 0 or less) to `toS`, so that the axis does not move while it runs. */
export function timeTicks(fromS: number, toS: number): number[] {
  const span = Math.max(1, toS - fromS);
  const step = STEPS_S.find((candidate) => span / candidate <= 8) ?? 14_400;
  const ticks: number[] = [];
  for (let tick = Math.ceil(fromS / step) * step; tick <= toS; tick += step)
    ticks.push(tick === 0 ? 0 : tick);
  return ticks;
}
