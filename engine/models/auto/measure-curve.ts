/** What preparing all sizes may take of the whole: the rest is for the runs that count. */
const PREPARING_SHARE = 0.5;

export interface Measurement {
  /** Rows of the batches to be run, ascending. */
  readonly sizes: readonly number[];
  /** Runs one batch; its time on the instance, microseconds. */
  readonly run: (rows: number) => Promise<number>;
  /** Counted runs of each size, when there is time for them. */
  readonly rounds: number;
  /** Time of all runs together, microseconds; one run may pass it, a second one does not begin. */
  readonly limitUs: number;
  /** True: nobody wants the result any more. */
  readonly isStopped?: () => boolean;
  /** Called before each round with the number of sizes that it has. */
  readonly onRound?: (round: number, sizes: number) => void;
}

/** The runs of one size, microseconds each, at least one. */
export interface MeasuredSize {
  readonly rows: number;
  readonly runsUs: readonly number[];
}

/**
 * Runs every size several times. A size's first run prepares what the session keeps for it (memory, kernels), so it counts only
 * where no second one was possible. The sizes go round by turns rather than each on its own, so that a disturbance of the machine
 * falls on one run of many sizes, where it is seen as an outlier, and not on all runs of one.
 *
 * A size that by the one before it would take too long is left out with all larger ones: the curve then ends early, and a slow model
 * loads in time.
 *
 * @returns the sizes that were run, ascending; empty when stopped before the first
 * Errors: what `run` rejects with.
 */
export async function measureCurve(measurement: Measurement): Promise<readonly MeasuredSize[]> {
  const { limitUs, rounds, isStopped = () => false, onRound } = measurement;
  let spentUs = 0;
  const run = async (rows: number): Promise<number> => {
    const tookUs = await measurement.run(rows);
    spentUs += tookUs;
    return tookUs;
  };
  const mayTake = (expectedUs: number, share: number) =>
    !isStopped() && spentUs + expectedUs <= limitUs * share;
  onRound?.(0, measurement.sizes.length);
  const found: { readonly rows: number; lastUs: number; readonly runsUs: number[] }[] = [];
  for (const rows of measurement.sizes) {
    const before = found.at(-1);
    if (!mayTake(before ? (before.lastUs * rows) / before.rows : 0, PREPARING_SHARE)) break;
    let lastUs = await run(rows);
    // The very first run prepares the session too, and says nothing of what the next size will take.
    if (!before && mayTake(lastUs, 1)) lastUs = await run(rows);
    found.push({ rows, lastUs, runsUs: [] });
  }
  for (let round = 1; round <= rounds; round++) {
    onRound?.(round, found.length);
    for (const size of found) {
      if (!mayTake(size.lastUs, 1)) return found.map(measuredSize);
      size.lastUs = await run(size.rows);
      size.runsUs.push(size.lastUs);
    }
  }
  return found.map(measuredSize);
}

function measuredSize({ rows, lastUs, runsUs }: MeasuredSize & { readonly lastUs: number }): MeasuredSize {
  return { rows, runsUs: runsUs.length > 0 ? runsUs : [lastUs] };
}
