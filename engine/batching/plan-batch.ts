import type { DepartureReason } from '../contract';
import type { BatchPolicy } from './batch-policy';
import type { Forecast } from './predictor';

/** Requests that may share a batch, oldest first. */
export interface LaneView {
  readonly rows: number;
  readonly oldestEnqueuedUs: number;
  /** Rows of each waiting request, oldest first. Only as much is read as a batch can hold. */
  rowsInOrder(): Iterable<number>;
}

/** What the planner sees of the queue: two lanes are enough, whatever the number of shapes that wait. */
export interface QueueView<Lane extends LaneView> {
  /** The lane of the oldest request; null when nothing waits. */
  readonly oldest: Lane | null;
  /** A lane with enough rows to leave early, longest so; null when there is none. */
  readonly ready: Lane | null;
}

/** Where a batch could go now. */
export interface Capacity {
  /** Instances that have nothing to do. */
  readonly idle: number;
  /** Instances that run one batch and may have a second one waiting with them. */
  readonly ahead: number;
}

export type BatchPlan<Lane extends LaneView> =
  | {
      readonly kind: 'dispatch';
      readonly lane: Lane;
      readonly requests: number;
      readonly reason: DepartureReason;
    }
  | { readonly kind: 'wait'; readonly untilUs: number }
  | { readonly kind: 'idle' };

/**
 * Decides the next batch. Pure: the same view, time and policy always give the same plan.
 *
 * The rules are those of Triton's dynamic batcher (`GetDynamicBatch` in triton-inference-server/core), applied per lane:
 * take requests in order while they fit into `maxBatchSize`, never splitting one. If some prefix adds up to a preferred size,
 * the largest such prefix leaves at once. If the next request would not fit, or the largest preferred size is reached, what
 * fits leaves at once. Otherwise it leaves when its oldest request has waited `maxQueueDelayUs`, whatever its size; with no
 * delay, immediately. The oldest lane is asked first, so a lane of one odd shape cannot be starved: at the latest when its
 * oldest request's delay is up, it goes before every other.
 *
 * Where we differ: a request of another shape does not cut a batch short (Triton stops at the first that does not match). And
 * only a full batch is handed to an instance that still runs another: nothing that arrives could make it better, and the
 * instance then goes on without waiting for the next plan. Any other batch stays open until an instance is idle.
 */
export function planBatch<Lane extends LaneView>(
  view: QueueView<Lane>,
  nowUs: number,
  policy: BatchPolicy,
  capacity: Capacity,
  forecast: Forecast | null = null,
): BatchPlan<Lane> {
  const { oldest, ready } = view;
  if (oldest === null) return { kind: 'idle' };
  if (capacity.idle === 0) return capacity.ahead > 0 ? planAhead(oldest, nowUs, policy) : { kind: 'idle' };
  if (policy.unbatched) return { kind: 'dispatch', lane: oldest, requests: 1, reason: 'unbatched' };
  if (forecast !== null) return advised(oldest, nowUs, policy, forecast);
  return (
    departure(oldest, nowUs, policy) ?? (ready && departure(ready, nowUs, policy)) ?? waitFor(oldest, policy)
  );
}

function planAhead<Lane extends LaneView>(oldest: Lane, nowUs: number, policy: BatchPolicy): BatchPlan<Lane> {
  const plan = policy.unbatched ? null : departure(oldest, nowUs, policy);
  return plan?.kind === 'dispatch' && plan.reason === 'full' ? plan : { kind: 'idle' };
}

/** With auto mode the wait and the size come from its forecast; everything else stays. */
function advised<Lane extends LaneView>(
  lane: Lane,
  nowUs: number,
  policy: BatchPolicy,
  forecast: Forecast,
): BatchPlan<Lane> {
  const advice = forecast.advise(lane.rows, lane.oldestEnqueuedUs, nowUs);
  if (advice.kind === 'wait') return advice;
  const { requests } = fill(lane, { ...policy, maxBatchSize: Math.min(policy.maxBatchSize, advice.rows) });
  return { kind: 'dispatch', lane, requests, reason: advice.reason };
}

function waitFor<Lane extends LaneView>(oldest: Lane, policy: BatchPolicy): BatchPlan<Lane> {
  return { kind: 'wait', untilUs: oldest.oldestEnqueuedUs + policy.maxQueueDelayUs };
}

function departure<Lane extends LaneView>(
  lane: Lane,
  nowUs: number,
  policy: BatchPolicy,
): BatchPlan<Lane> | null {
  const delayIsUp = nowUs - lane.oldestEnqueuedUs >= policy.maxQueueDelayUs;
  const load = fill(lane, policy);
  // A batch that is overdue takes all that fits, not only the preferred part.
  if (load.preferredRequests > 0 && !(delayIsUp && policy.maxQueueDelayUs > 0)) {
    const reason = load.preferredRows >= policy.maxBatchSize ? 'full' : 'preferred';
    return { kind: 'dispatch', lane, requests: load.preferredRequests, reason };
  }
  const leave = (reason: DepartureReason): BatchPlan<Lane> => ({
    kind: 'dispatch',
    lane,
    requests: load.requests,
    reason,
  });
  if (load.overflows || load.rows >= policy.maxBatchSize) return leave('full');
  if (delayIsUp) return leave(policy.maxQueueDelayUs > 0 ? 'delay' : 'drained');
  // Past the largest preferred size nothing better is to come.
  return load.rows >= largestPreferred(policy) ? leave('preferred') : null;
}

function largestPreferred(policy: BatchPolicy): number {
  return policy.preferredBatchSizes.at(-1) ?? policy.maxBatchSize;
}

/** Walks the lane once: how much fits, the largest preferred prefix in it, and whether a request was left for lack of room. */
function fill(lane: LaneView, policy: BatchPolicy) {
  let requests = 0;
  let rows = 0;
  let preferredRequests = 0;
  let preferredRows = 0;
  for (const more of lane.rowsInOrder()) {
    if (requests > 0 && rows + more > policy.maxBatchSize)
      return { requests, rows, preferredRequests, preferredRows, overflows: true };
    requests++;
    rows += more;
    if (policy.preferredBatchSizes.includes(rows)) {
      preferredRequests = requests;
      preferredRows = rows;
    }
    if (rows >= policy.maxBatchSize) break;
  }
  return { requests, rows, preferredRequests, preferredRows, overflows: false };
}
