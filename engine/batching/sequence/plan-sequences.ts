import type { DepartureReason } from '../../contract';
import type { DirectStrategy, OldestStrategy } from './sequence-config';

/** A sequence whose next request could run now. */
export interface ReadySequence {
  /** Equal for requests that can be stacked with each other. */
  readonly laneKey: string;
  readonly enqueuedUs: number;
}

export type SequencePlan<Ready extends ReadySequence> =
  | { readonly kind: 'dispatch'; readonly chosen: readonly Ready[]; readonly reason: DepartureReason }
  | { readonly kind: 'wait'; readonly untilUs: number }
  | { readonly kind: 'idle' };

/**
 * Decides which sequences are in the next batch. Pure. Since a sequence is ready with its next request only, a batch never has
 * two requests of one, and none is overtaken within its sequence.
 *
 * Oldest: the rules of Triton's dynamic batcher for requests of one row. The largest preferred size that is reached leaves at
 * once; when the oldest request's delay is up, all that fit leave. The lane of the sequence that is ready longest is asked
 * first; while it waits for company, another lane may go that has a preferred size together.
 *
 * @param ready longest ready first
 * @param maxRows most rows in a batch
 */
export function planOldest<Ready extends ReadySequence>(
  ready: Iterable<Ready>,
  nowUs: number,
  strategy: Pick<OldestStrategy, 'maxQueueDelayUs' | 'preferredBatchSizes'>,
  maxRows: number,
): SequencePlan<Ready> {
  return firstOf(lanesOf(ready), (lane) => planLane(lane, nowUs, strategy, maxRows));
}

function planLane<Ready extends ReadySequence>(
  lane: readonly Ready[],
  nowUs: number,
  { maxQueueDelayUs, preferredBatchSizes }: Pick<OldestStrategy, 'maxQueueDelayUs' | 'preferredBatchSizes'>,
  maxRows: number,
): SequencePlan<Ready> {
  const leave = (rows: number, reason: DepartureReason): SequencePlan<Ready> => ({
    kind: 'dispatch',
    chosen: lane.slice(0, rows),
    reason,
  });
  if (lane.length >= maxRows) return leave(maxRows, maxRows === 1 ? 'unbatched' : 'full');
  const untilUs = oldestOf(lane) + maxQueueDelayUs;
  if (nowUs >= untilUs) return leave(lane.length, maxQueueDelayUs > 0 ? 'delay' : 'drained');
  const preferred = preferredBatchSizes.findLast((size) => size <= lane.length);
  return preferred === undefined ? { kind: 'wait', untilUs } : leave(preferred, 'preferred');
}

/**
 * Direct: all ready sequences of one set of slots leave together, at once without a delay, otherwise when enough slots have a
 * request or the oldest request's delay is up. Requests of another shape are a batch of their own: the lane of the oldest request is
 * asked first, and while it waits, another may go that has enough.
 *
 * @param ready sequences in these slots, in any order
 * @param slots how many slots there are
 */
export function planDirect<Ready extends ReadySequence>(
  ready: readonly Ready[],
  nowUs: number,
  strategy: Omit<DirectStrategy, 'kind'>,
  slots: number,
): SequencePlan<Ready> {
  const byAge = [...ready].sort((a, b) => a.enqueuedUs - b.enqueuedUs);
  return firstOf(lanesOf(byAge), (lane) => planSlots(lane, nowUs, strategy, slots));
}

function planSlots<Ready extends ReadySequence>(
  chosen: readonly Ready[],
  nowUs: number,
  { maxQueueDelayUs, minimumSlotUtilization }: Omit<DirectStrategy, 'kind'>,
  slots: number,
): SequencePlan<Ready> {
  const leave = (reason: DepartureReason): SequencePlan<Ready> => ({ kind: 'dispatch', chosen, reason });
  if (chosen.length >= slots) return leave(slots === 1 ? 'unbatched' : 'full');
  if (maxQueueDelayUs === 0 || minimumSlotUtilization === 0) return leave('drained');
  if (chosen.length / slots >= minimumSlotUtilization) return leave('preferred');
  const untilUs = oldestOf(chosen) + maxQueueDelayUs;
  return nowUs >= untilUs ? leave('delay') : { kind: 'wait', untilUs };
}

/** The first lane's batch that is to leave; or until when the first of them waits. */
function firstOf<Ready extends ReadySequence>(
  lanes: Map<string, Ready[]>,
  planOf: (lane: readonly Ready[]) => SequencePlan<Ready>,
): SequencePlan<Ready> {
  let untilUs = Number.POSITIVE_INFINITY;
  for (const lane of lanes.values()) {
    const plan = planOf(lane);
    if (plan.kind === 'dispatch') return plan;
    if (plan.kind === 'wait') untilUs = Math.min(untilUs, plan.untilUs);
  }
  return untilUs === Number.POSITIVE_INFINITY ? { kind: 'idle' } : { kind: 'wait', untilUs };
}

function lanesOf<Ready extends ReadySequence>(ready: Iterable<Ready>): Map<string, Ready[]> {
  const lanes = new Map<string, Ready[]>();
  for (const one of ready) {
    const lane = lanes.get(one.laneKey);
    if (lane) lane.push(one);
    else lanes.set(one.laneKey, [one]);
  }
  return lanes;
}

function oldestOf(lane: readonly ReadySequence[]): number {
  return lane.reduce((oldest, { enqueuedUs }) => Math.min(oldest, enqueuedUs), Number.POSITIVE_INFINITY);
}
