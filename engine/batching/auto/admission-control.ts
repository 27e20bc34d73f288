/** What waits and runs when a request comes. Times in microseconds. */
export interface LoadView {
  /** Rows that wait, the new request's not among them. */
  readonly waitingRows: number;
  readonly rows: number;
  /** Rows that a full batch holds at least. */
  readonly fullRows: number;
  /** How long a full batch runs. */
  readonly fullUs: number;
  /** How long the request runs if it is sent alone. */
  readonly aloneUs: number;
  /** How much longer one of the batches may take. */
  readonly slowUs: number;
  /** How far an ordinary full batch strays from its mean. */
  readonly strayUs: number;
  /** For each instance, how long until it is expected to be free, ascending; 0 for an idle one. Never empty. */
  readonly freeInUs: readonly number[];
}

/**
 * Until when a request that comes now would be answered at the latest, from now.
 *
 * Above capacity every queue grows until all answers are late; a server that answers late all of the time does all of the
 * work for nothing. What is refused at once costs nothing, so the ones that are let in are answered in time at full rate.
 *
 * The plan that is reckoned with is the one that is executed: what waits before the request leaves in full batches, the m-th of
 * them to the (m mod k)-th instance that is free, `floor(m / k)` full runs later. (While m full batches wait, no smaller one is
 * sent, and nobody waits for company.) Its own batch may be filled up by others until it leaves, so it is taken as a full one
 * too; and one of the batches on the way, any, as a slow one: that two are slow is too rare to reckon with. What the others
 * stray adds up with the root of their number. The cost is that of a few divisions, however many wait.
 */
export function predictedFinishUs(load: LoadView): number {
  const { waitingRows, rows, fullRows, fullUs, aloneUs, slowUs, strayUs, freeInUs } = load;
  const before = Math.floor((waitingRows + Math.min(rows, fullRows) - 1) / fullRows);
  const instances = freeInUs.length;
  const rounds = Math.floor(before / instances);
  const startUs = (freeInUs[before % instances] ?? 0) + rounds * fullUs;
  return startUs + Math.max(fullUs, aloneUs) + slowUs + 2 * strayUs * Math.sqrt(rounds);
}

/**
 * Rows that a full batch holds at least when no request has more than `largest`: requests are never split, so the next one may
 * not have fitted. Of two batches in a row more than one cap is filled in any case.
 */
export function fullRowsOf(cap: number, largest: number): number {
  return Math.max(cap - largest + 1, Math.ceil(cap / 2));
}

/** Seconds after which the same request would be let in if nothing else came: at least one, as the header counts in seconds. */
export function retryAfterSeconds(finishUs: number, sloUs: number): number {
  return Math.max(1, Math.ceil((finishUs - sloUs) / 1e6));
}
