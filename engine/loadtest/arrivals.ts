import { createRandom } from './random';

/**
 * When each request of an open-model load test is MEANT to start.
 *
 * An open model decides start times without looking at the target: users arrive whether or not the server is quick.
 * Both schedules below are therefore arithmetic on (rate, seed) alone, computed ahead of the requests:
 *
 * - constant: arrival n (n = 0, 1, …) is at `n / rate`. It is one multiplication per arrival, never a running sum, so the
 *   schedule does not drift however long the run.
 * - poisson: gaps are independent and exponential with mean `1 / rate`. With u uniform in [0, 1), `-ln(1 - u) / rate` has that
 *   distribution, because P(gap > t) = P(1 - u < e^(-rate t)) = e^(-rate t) (inverse transform sampling: Devroye, "Non-Uniform
 *   Random Variate Generation", 1986, II.2). The first arrival comes after one gap. It is what many independent users look like:
 *   at the same mean rate it has bursts, and bursts are what fills queues.
 *
 * The same seed gives the same schedule.
 */
export interface ArrivalSchedule {
  readonly kind: 'constant' | 'poisson';
  readonly requestsPerSecond: number;
  readonly seed: number;
}

/** Intended start times in microseconds since the start of the run, ascending, without end. */
export function arrivalTimesUs(schedule: ArrivalSchedule): () => number {
  const gapUs = 1_000_000 / schedule.requestsPerSecond;
  if (schedule.kind === 'constant') {
    let n = 0;
    return () => n++ * gapUs;
  }
  const random = createRandom(schedule.seed);
  let atUs = 0;
  return () => {
    atUs -= Math.log(1 - random()) * gapUs;
    return atUs;
  };
}
