/** Index of the point nearest to `at` in points ordered by `secondsAgo`; -1 when there is none. Binary search. */
export function nearestIndex(points: readonly { readonly secondsAgo: number }[], at: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.secondsAgo ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const after = points[low];
  const before = points[low - 1];
  if (!after) return -1;
  return before && at - before.secondsAgo < after.secondsAgo - at ? low - 1 : low;
}
