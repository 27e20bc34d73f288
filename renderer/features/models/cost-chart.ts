import type { CostCurveRecord, CostPoint } from '../../../engine/contract';
import { roundUp } from '../../charts';
import { formatMs, formatRows, formatUs } from '../../format';

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
    best: pointAt(curve, curve.bestRows),
    sloUs,
  };
}

/** What the curve says of a size: its point, or for a size that was not measured the straight line between its neighbours, with 0 runs. */
export function pointAt({ points }: CostCurveRecord, rows: number): CostPoint | null {
  const after = points.find((point) => point.rows >= rows);
  const before = points.findLast((point) => point.rows <= rows);
  if (after === undefined || before === undefined) return null;
  if (after === before) return after;
  const share = (rows - before.rows) / (after.rows - before.rows);
  const between = (pick: (point: CostPoint) => number) => pick(before) + share * (pick(after) - pick(before));
  return {
    rows,
    meanUs: between(({ meanUs }) => meanUs),
    lowUs: between(({ lowUs }) => lowUs),
    highUs: between(({ highUs }) => highUs),
    runs: 0,
  };
}

/** The ends first, then the powers of two, then what still has room. */
function ticksOf(rows: readonly number[]): readonly number[] {
  const ticks: number[] = [];
  const wanted = [...rows.slice(0, 1), ...rows.slice(-1), ...rows.filter(isPowerOfTwo), ...rows];
  for (const size of wanted)
    if (ticks.every((tick) => Math.max(tick, size) >= Math.min(tick, size) * TICKS_APART)) ticks.push(size);
  return ticks.sort((a, b) => a - b);
}

const isPowerOfTwo = (rows: number) => Number.isInteger(Math.log2(rows));

/** What a screen reader says of the curve: its ends, the best size, and the SLO. */
export function costSummary(curve: CostCurveRecord, sloMs: number | null): string {
  const named = ({ rows, meanUs, lowUs, highUs }: CostPoint) =>
    `${formatRows(rows)} ${formatUs(meanUs)} (${formatUs(lowUs)} to ${formatUs(highUs)})`;
  const told = [curve.points[0], pointAt(curve, curve.bestRows), curve.points.at(-1)].filter(
    (point, i, all) => point && all.findIndex((other) => other?.rows === point.rows) === i,
  );
  return [
    `Time of a batch by its size, mean and 10th to 95th percentile: ${told.map((point) => point && named(point)).join('; ')}`,
    `best size ${curve.bestRows}`,
    ...(sloMs === null ? [] : [`SLO ${formatMs(sloMs)}`]),
  ].join('; ');
}
