/** One instant with a value per series; null where there is none. */
export interface SeriesRow {
  readonly atMs: number;
  readonly values: readonly (number | null)[];
}

/**
 * Fewer rows with the same lowest and highest values: time is cut into equal buckets, and each becomes two rows which hold, for
 * every series, its minimum and its maximum there in the order in which they came (Grafana and Plotly call it min-max
 * decimation). Peaks that a mean would swallow stay visible. Buckets are counted from the epoch, so that a row keeps its members
 * while the window moves on. Rows are taken as ordered by time; at most `maxRows` come back, or all of them when they are fewer.
 */
export function downsample(
  rows: readonly SeriesRow[],
  spanMs: number,
  maxRows: number,
): readonly SeriesRow[] {
  if (rows.length <= maxRows) return rows;
  // The window may cut a bucket at each end: hence one bucket less than would fit.
  const bucketMs = spanMs / Math.max(1, Math.floor(maxRows / 2) - 1);
  const out: SeriesRow[] = [];
  let begin = 0;
  while (begin < rows.length) {
    const bucket = Math.floor((rows[begin]?.atMs ?? 0) / bucketMs);
    let end = begin + 1;
    while (end < rows.length && Math.floor((rows[end]?.atMs ?? 0) / bucketMs) === bucket) end++;
    pushExtremes(out, rows, begin, end);
    begin = end;
  }
  return out;
}

function pushExtremes(out: SeriesRow[], rows: readonly SeriesRow[], begin: number, end: number): void {
  const first = rows[begin];
  const last = rows[end - 1];
  if (!first || !last) return;
  if (end - begin === 1) {
    out.push(first);
    return;
  }
  const early: (number | null)[] = [];
  const late: (number | null)[] = [];
  for (let series = 0; series < first.values.length; series++) {
    const [one, other] = extremes(rows, begin, end, series);
    early.push(one);
    late.push(other);
  }
  out.push({ atMs: first.atMs, values: early }, { atMs: last.atMs, values: late });
}

/** Lowest and highest value of a series in `[begin, end)`, the one that came first in front; nulls when it has none there. */
function extremes(
  rows: readonly SeriesRow[],
  begin: number,
  end: number,
  series: number,
): readonly [number | null, number | null] {
  let low: number | null = null;
  let high: number | null = null;
  let lowAt = begin;
  let highAt = begin;
  for (let i = begin; i < end; i++) {
    const value = rows[i]?.values[series] ?? null;
    if (value === null) continue;
    if (low === null || value < low) [low, lowAt] = [value, i];
    if (high === null || value > high) [high, highAt] = [value, i];
  }
  return lowAt <= highAt ? [low, high] : [high, low];
}
