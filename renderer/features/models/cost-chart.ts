import type { CostCurveRecord, CostPoint } from '../../../engine/contract';
import { formatMs, formatUs } from '../../format';

export interface CostChart {
  readonly points: readonly (CostPoint & { readonly bandUs: [lowUs: number, highUs: number] })[];
  readonly topUs: number;
  /** Rows named under the chart. */
  readonly ticks: readonly number[];
  readonly best: CostPoint | null;
  /** Null when there is none, or so far above the curve that drawing it would flatten the curve. */
  readonly sloUs: number | null;
}

/** Named sizes are at least this factor apart: nearer ones would overprint each other on the logarithmic axis. */
const TICKS_APART = 1.4;
/** The SLO is drawn up to this many times the curve's top. */
const SLO_REACH = 2;

/** What is drawn of a cost curve. */
export function costChart(curve: CostCurveRecord, sloMs: number | null): CostChart {
  const highest = Math.max(...curve.points.map(({ meanUs, highUs }) => Math.max(meanUs, highUs)), 1);
  const sloUs = sloMs !== null && sloMs * 1000 <= highest * SLO_REACH ? sloMs * 1000 : null;
  return {
    points: curve.points.map((point) => ({ ...point, bandUs: [point.lowUs, point.highUs] })),
    topUs: roundUp(Math.max(highest, sloUs ?? 0) * 1.08),
    ticks: ticksOf(curve.points.map(({ rows }) => rows)),
    best: curve.points.find(({ rows }) => rows === curve.bestRows) ?? null,
    sloUs,
  };
}

function ticksOf(rows: readonly number[]): readonly number[] {
  const ticks: number[] = [];
  for (const size of rows)
    if (ticks.length === 0 || size >= (ticks.at(-1) ?? 0) * TICKS_APART) ticks.push(size);
  return ticks;
}

/** To the next of 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8 times a power of ten: all divide into four readable steps. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}

/** What a screen reader says of the curve: its ends, the best size, and the SLO. */
export function costSummary(curve: CostCurveRecord, sloMs: number | null): string {
  const named = ({ rows, meanUs, lowUs, highUs }: CostPoint) =>
    `${rows} ${rows === 1 ? 'row' : 'rows'} ${formatUs(meanUs)} (${formatUs(lowUs)} to ${formatUs(highUs)})`;
  const [first, last] = [curve.points[0], curve.points.at(-1)];
  const best = curve.points.find(({ rows }) => rows === curve.bestRows);
  const told = [first, best, last].filter((point, i, all) => point !== undefined && all.indexOf(point) === i);
  return [
    `Time of a batch by its size, mean and 10th to 95th percentile: ${told.map((point) => point && named(point)).join('; ')}`,
    `best size ${curve.bestRows}`,
    ...(sloMs === null ? [] : [`SLO ${formatMs(sloMs)}`]),
  ].join('; ');
}
