import type { Anchor } from './arrival-pattern';
import { countUntil } from './arrival-pattern';

/** Fewer anchors of a kind than this say nothing yet. */
const LEAST_ANCHORS = 4;
/** Anchors that a decision is played through with: the most alike. */
const PLAYED_ANCHORS = 16;
/** A wait must be expected to save this share of the batch's own time. */
const MARGIN = 0.1;
/** How much longer than the slowest of the played anchors is waited, before it is thought about again. */
const PATIENCE = 1.1;
/** What a decision needs to know. All instants on one scale, microseconds. */
export interface BreakEvenView {
  readonly nowUs: number;
  /** Rows that wait, at least 1. */
  readonly waiting: number;
  /** Largest useful batch. */
  readonly cap: number;
  /** Time that the instance has been kept idle for these rows already. */
  readonly idledUs: number;
  /** When the next busy instance is expected back; infinite when there is no other. */
  readonly nextFreeUs: number;
  readonly current: Anchor | null;
  readonly past: readonly Anchor[];
  /** l(b). */
  readonly meanUs: (rows: number) => number;
}

/** `gainUs`: device time that the wait is expected to save after what it costs. */
export interface BreakEvenWait {
  readonly untilUs: number;
  /** Rows at which the batch leaves, if they come before that. */
  readonly rows: number;
  readonly gainUs: number;
}

/**
 * Break-even batching: whether an idle instance should wait for company, for how long, and for how much; null to send now.
 *
 * Waiting for j more merges them with the n that are here and saves the device S(j) = l(n) + l(j) - l(n+j), but only if they
 * would else have been a batch of their own: where many more arrive during l(n), the j join those, nothing is saved, and the
 * wait is lost. So the two futures are played through with what really followed the anchors most like the present one (the
 * same kind, batches of similar size, as many arrivals up to this point). With M arrivals during l(n),
 *
 *   send now:    l(n), then l(M)                              done at  l(n) + l(M)
 *   wait for j:  until T, then l(n+j), then what is left      done at  T + l(n+j) + l(M-j)
 *
 * the same requests are answered in both, and the difference is device time won or lost. Its mean over the anchors decides.
 * This one comparison holds what else would be rules of their own: under Poisson traffic M is large and unrelated to j, so
 * it sends; clients in a closed loop come back all together and nobody else does, so M = j and it waits; on a padded model
 * l(n+j) = l(n) until the step is full. (Prototype of it: the ski-rental rule with a density condition; that one compared
 * against the mean gap, which two clients and a busy closed loop make look dense when it is not.)
 *
 * It never idles longer in all than the work S(j) that the wait can save, as one who rents skis until the rent equals their
 * price: a wrong guess costs at most the overhead of one batch, whatever the traffic does.
 */
export function breakEven(view: BreakEvenView): BreakEvenWait | null {
  const { waiting, cap, nowUs, meanUs } = view;
  if (waiting >= cap || !view.current) return null;
  const played = alike(view);
  if (played.length < LEAST_ANCHORS) return null;
  const elapsedUs = nowUs - view.current.atUs;
  const seen = view.current.offsetsUs.length;
  const futures = played.map((anchor) => futureOf(anchor, elapsedUs, seen, meanUs(waiting), cap));
  const targets = new Set([cap - waiting]);
  for (const { arrivals } of futures) if (arrivals > 0) targets.add(Math.min(arrivals, cap - waiting));
  let best: BreakEvenWait | null = null;
  let bestGain = MARGIN * meanUs(waiting);
  for (const more of targets) {
    const limitUs = patience(view, futures, more);
    if (limitUs <= 0) continue;
    let gain = 0;
    for (const future of futures) gain += gainOf(view, future, more, limitUs);
    gain /= futures.length;
    if (gain > bestGain) {
      bestGain = gain;
      best = { untilUs: nowUs + limitUs, rows: waiting + more, gainUs: gain };
    }
  }
  return best;
}

/** One anchor's arrivals, as if it were the present one: microseconds from now. */
interface Future {
  readonly offsetsUs: readonly number[];
  /** Index of the first that is still to come, and the instant in the anchor's time that is now. */
  readonly from: number;
  readonly shiftUs: number;
  /** M: arrivals while a batch sent now would run. */
  readonly arrivals: number;
}

/**
 * After an arrival at an idle engine its burst goes on from this instant: a burst that has had its time is over, however many it
 * brought. After a completion the number counts: an anchor with as many arrivals up to this point goes on from this instant, any
 * other is taken from the arrival that was the last one here, because of clients that come back, as many are still missing as
 * have not come.
 */
function futureOf(anchor: Anchor, elapsedUs: number, seen: number, runUs: number, cap: number): Future {
  const { offsetsUs, watchedUs } = anchor;
  const come = countUntil(offsetsUs, elapsedUs);
  const sameClock = anchor.kind === 'idle-arrival' || come === seen;
  const shiftUs = sameClock ? elapsedUs : (offsetsUs[Math.min(seen, offsetsUs.length) - 1] ?? 0);
  const from = sameClock ? come : Math.min(seen, offsetsUs.length);
  let arrivals = countUntil(offsetsUs, shiftUs + runUs) - from;
  // Not watched to the end: what its second half saw goes on.
  const unseenUs = shiftUs + runUs - watchedUs;
  if (unseenUs > runUs * 0.1 && watchedUs > 0) {
    const late = offsetsUs.length - countUntil(offsetsUs, watchedUs / 2);
    arrivals += Math.round((late * unseenUs) / (watchedUs / 2));
  }
  return { offsetsUs, from, shiftUs, arrivals: Math.min(arrivals, 2 * cap) };
}

/** When the `more`-th arrival comes, from now; infinite if it was not seen. */
function comesUs(future: Future, more: number): number {
  const at = future.offsetsUs[future.from + more - 1];
  return at === undefined ? Number.POSITIVE_INFINITY : at - future.shiftUs;
}

function patience(view: BreakEvenView, futures: readonly Future[], more: number): number {
  const { waiting, meanUs } = view;
  const rentUs = meanUs(waiting) + meanUs(more) - meanUs(waiting + more) - view.idledUs;
  let slowestUs = 0;
  for (const future of futures) {
    const us = comesUs(future, more);
    if (us !== Number.POSITIVE_INFINITY && us > slowestUs) slowestUs = us;
  }
  return Math.min(rentUs, slowestUs * PATIENCE);
}

function gainOf(view: BreakEvenView, future: Future, more: number, limitUs: number): number {
  const { waiting, meanUs, nowUs } = view;
  const { arrivals } = future;
  const runUs = meanUs(waiting);
  const otherUs = view.nextFreeUs - nowUs;
  const nextUs = otherUs < runUs ? Math.max(otherUs, 0) : runUs;
  const nowDoneUs = arrivals > 0 ? Math.max(runUs, nextUs + meanUs(arrivals)) : runUs;
  let untilUs = comesUs(future, more);
  let joined = more;
  if (untilUs > limitUs) {
    untilUs = limitUs;
    joined = countUntil(future.offsetsUs, future.shiftUs + limitUs) - future.from;
  }
  const left = Math.max(0, arrivals - joined);
  const doneUs = untilUs + meanUs(waiting + joined);
  if (left === 0) return nowDoneUs - doneUs;
  const leftFromUs = otherUs < doneUs ? Math.max(otherUs, 0) : doneUs;
  return nowDoneUs - Math.max(doneUs, leftFromUs + meanUs(left));
}

/** Past anchors of the same kind, the most alike first: batches of similar size, as many arrivals up to this point. */
function alike(view: BreakEvenView): readonly Anchor[] {
  const current = view.current as Anchor;
  const elapsedUs = view.nowUs - current.atUs;
  const seen = current.offsetsUs.length;
  const slack = Math.max(1, current.rows / 4);
  const found: { anchor: Anchor; distance: number }[] = [];
  for (const anchor of view.past) {
    if (anchor.kind !== current.kind) continue;
    const apart = Math.abs(anchor.rows - current.rows);
    if (apart > slack) continue;
    const distance = Math.abs(countUntil(anchor.offsetsUs, elapsedUs) - seen) + apart / 2;
    found.push({ anchor, distance });
  }
  found.sort((a, b) => a.distance - b.distance);
  return found.slice(0, PLAYED_ANCHORS).map(({ anchor }) => anchor);
}
