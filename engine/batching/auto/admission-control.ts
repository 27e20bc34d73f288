/** What waits and runs when a request comes. Microseconds. */
export interface LoadView {
  /** Rows that wait, the new request's not among them. */
  readonly waitingRows: number;
  readonly rows: number;
  /** Largest batch that is sent. */
  readonly cap: number;
  /** For each instance, how long until it is expected to be free; 0 for an idle one. Never empty. */
  readonly freeInUs: readonly number[];
  readonly meanUs: (rows: number) => number;
  readonly highUs: (rows: number) => number;
}

/**
 * When a request that comes now would be answered, from now: what waits before it leaves in full batches, each to the
 * instance that is free first, and its own batch is taken at its slow end.
 *
 * Above capacity every queue grows until all answers are late; a server that answers late all of the time does all of the
 * work for nothing. What is refused at once costs nothing, so the ones that are let in are answered in time at full rate.
 */
export function predictedFinishUs(load: LoadView): number {
  const { waitingRows, rows, cap, meanUs, highUs } = load;
  const free = [...load.freeInUs];
  const soonest = () => free.indexOf(Math.min(...free));
  for (let left = waitingRows; left + rows > cap && left > 0; left -= cap) {
    const at = soonest();
    free[at] = (free[at] ?? 0) + meanUs(Math.min(cap, left));
  }
  const before = waitingRows % cap;
  const own = before + rows > cap ? rows : before + rows;
  return (free[soonest()] ?? 0) + highUs(own);
}

/** Seconds after which the same request would be let in if nothing else came: at least one, as the header counts in seconds. */
export function retryAfterSeconds(finishUs: number, sloUs: number): number {
  return Math.max(1, Math.ceil((finishUs - sloUs) / 1e6));
}
