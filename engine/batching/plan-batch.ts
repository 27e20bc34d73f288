import type { DepartureReason } from '../contract';
import type { BatchPolicy } from './batch-policy';
import { bestCut, type Cut } from './batch-size';
import type { Forecast } from './predictor';

/** A request as the planner sees it. */
export interface WaitingRequest {
  readonly rows: number;
  readonly enqueuedUs: number;
  /** Longest wait, microseconds; infinity without a timeout. */
  readonly timeoutUs: number;
}

/** Requests that may share a batch, in the order of their turns. */
export interface LaneView<Request extends WaitingRequest = WaitingRequest> {
  readonly rows: number;
  /** Of its first request: the smaller, the more urgent. */
  readonly rank: number;
  /** The least of the first requests of its ranks. */
  readonly oldestEnqueuedUs: number;
  /** Its requests in order, one after the other: only as many are read as a batch can hold. */
  readonly first: Request | null;
  /** @param request of this lane */
  after(request: Request): Request | null;
}

/** What the planner sees of the queue: a few lanes are enough, whatever the number of shapes that wait. */
export interface QueueView<Lane extends LaneView> {
  /** The lane of the request whose turn it is: the most urgent level, there the first that came. Null when nothing waits. */
  readonly front: Lane | null;
  /** The lane of the request that came first of all. */
  readonly oldest: Lane | null;
  /** The lane of the request whose wait ends first; null when none ends. */
  readonly soonest: Lane | null;
  /** The lane for which `leavesEarly` is longest true; null when there is none. */
  readonly ready: Lane | null;
  /** Requests wait that may not share a batch. */
  readonly isSplit: boolean;
}

/** Where a batch could go now. */
export interface Capacity {
  /** Instances that have nothing to do. */
  readonly idle: number;
  /** Instances that run one batch and may have a second one waiting with them. */
  readonly ahead: number;
}

export interface Dispatch<Lane extends LaneView> {
  readonly kind: 'dispatch';
  readonly lane: Lane;
  readonly requests: number;
  readonly reason: DepartureReason;
}

export type BatchPlan<Lane extends LaneView> =
  | Dispatch<Lane>
  | { readonly kind: 'wait'; readonly untilUs: number }
  | { readonly kind: 'idle' };

/** A request that would expire while it waits for company leaves this much before, because timers are late by some of it. */
const EXPIRY_MARGIN_US = 1000;

/**
 * Decides the next batch. Pure: the same view, time and policy always give the same plan.
 *
 * The rules are those of Triton's dynamic batcher (`GetDynamicBatch` in triton-inference-server/core), applied per lane: take
 * requests in the order of their turns while they fit into `maxBatchSize`, never splitting one. If some prefix adds up to a preferred
 * size, the largest such prefix leaves at once. If the next request would not fit, or the largest preferred size is reached, what
 * fits leaves at once. Otherwise it leaves when its oldest request has waited `maxQueueDelayUs`, whatever its size; with no
 * delay, immediately.
 *
 * Lanes and priorities: the lane at the front is asked first, then that of the oldest request, of the one that expires first, and one
 * that has a batch which leaves early: the earliest moment at which any lane must leave is among theirs. When it is a less urgent lane
 * that must leave, the front goes instead, with what it has ("priority"): the less urgent one neither overtakes nor is kept waiting
 * for the delay of another. So a request waits for no more batches than there are requests whose turn comes before its own, plus
 * those of its own rank that leave while its own delay runs. A level that fills the device starves those below it, as in Triton.
 *
 * Where we differ: a request of another shape does not cut a batch short (Triton stops at the first that does not match). A request
 * that would expire while an idle instance waits for company is sent, not refused. And only a full batch is handed to an instance
 * that still runs another: nothing that arrives could make it better, and the instance then goes on without waiting for the next
 * plan. Any other batch stays open until an instance is idle.
 */
export function planBatch<Lane extends LaneView>(
  view: QueueView<Lane>,
  nowUs: number,
  policy: BatchPolicy,
  capacity: Capacity,
  forecast: Forecast | null = null,
): BatchPlan<Lane> {
  const { front, oldest, soonest, ready } = view;
  if (front === null) return { kind: 'idle' };
  if (capacity.idle === 0)
    return capacity.ahead > 0 ? planAhead(front, nowUs, cappedBy(forecast, policy)) : { kind: 'idle' };
  if (policy.unbatched) return { kind: 'dispatch', lane: front, requests: 1, reason: 'unbatched' };
  if (forecast !== null) return advised(view, front, nowUs, policy, forecast);
  let untilUs = Number.POSITIVE_INFINITY;
  let asked: Lane | null = null;
  for (const lane of [front, oldest, soonest, ready]) {
    // Mostly they are all the same.
    if (lane === null || lane === asked) continue;
    asked = lane;
    const load = fill(lane, policy);
    const leaving = departure(lane, load, nowUs, policy);
    if (leaving) return lane.rank > front.rank ? inItsPlace(front, policy) : leaving;
    untilUs = Math.min(untilUs, load.dueUs);
  }
  return { kind: 'wait', untilUs };
}

function planAhead<Lane extends LaneView>(front: Lane, nowUs: number, policy: BatchPolicy): BatchPlan<Lane> {
  if (policy.unbatched || policy.neverAhead) return { kind: 'idle' };
  const plan = departure(front, fill(front, policy), nowUs, policy);
  return plan?.reason === 'full' ? plan : { kind: 'idle' };
}

/** With auto mode a batch is full at the largest size that is worth sending. */
function cappedBy(forecast: Forecast | null, policy: BatchPolicy): BatchPolicy {
  if (forecast === null || forecast.cap >= policy.maxBatchSize) return policy;
  return { ...policy, maxBatchSize: forecast.cap, preferredBatchSizes: [forecast.cap] };
}

/**
 * With auto mode the wait and the size come from its forecast; everything else stays. It waits only for a lane that is alone: with
 * others behind it the device would idle while it has work, and who knows which of them the next request joins.
 */
function advised<Lane extends LaneView>(
  { isSplit }: QueueView<Lane>,
  lane: Lane,
  nowUs: number,
  policy: BatchPolicy,
  forecast: Forecast,
): BatchPlan<Lane> {
  const advice = forecast.advise(lane.rows, lane.oldestEnqueuedUs, nowUs, !isSplit);
  if (advice.kind === 'wait') {
    const load = fill(lane, policy);
    const expiryUs = load.expiresUs - EXPIRY_MARGIN_US;
    if (nowUs < expiryUs) return { kind: 'wait', untilUs: Math.min(advice.untilUs, expiryUs) };
    return leave(lane, load.whole, 'deadline');
  }
  const { whole } = fill(lane, { ...policy, maxBatchSize: Math.min(policy.maxBatchSize, advice.rows) });
  return leave(lane, whole, advice.reason);
}

/** Whether a lane has a batch that need not wait for its delay. Reads no more of it than a batch can hold. */
export function leavesEarly(lane: LaneView, policy: BatchPolicy): boolean {
  if (policy.unbatched || lane.rows < (policy.preferredBatchSizes[0] ?? policy.maxBatchSize)) return false;
  return lane.rows >= largestPreferred(policy) || fill(lane, policy).preferred !== null;
}

function inItsPlace<Lane extends LaneView>(front: Lane, policy: BatchPolicy): Dispatch<Lane> {
  return leave(front, fill(front, policy).whole, 'priority');
}

function departure<Lane extends LaneView>(
  lane: Lane,
  load: Load,
  nowUs: number,
  policy: BatchPolicy,
): Dispatch<Lane> | null {
  const { whole, preferred } = load;
  const isDue = nowUs >= load.dueUs;
  // A batch that is overdue takes all that fits, not only the preferred part.
  if (preferred !== null && !(isDue && policy.maxQueueDelayUs > 0))
    return leave(lane, preferred, preferred.rows >= policy.maxBatchSize ? 'full' : 'preferred');
  if (load.overflows || load.rows >= policy.maxBatchSize) return leave(lane, whole, 'full');
  if (isDue) return leave(lane, whole, dueReason(load, nowUs, policy));
  // Past the largest preferred size nothing better is to come.
  return load.rows >= largestPreferred(policy) ? leave(lane, whole, 'preferred') : null;
}

function leave<Lane extends LaneView>(
  lane: Lane,
  { requests }: Cut,
  reason: DepartureReason,
): Dispatch<Lane> {
  return { kind: 'dispatch', lane, requests, reason };
}

function dueReason(load: Load, nowUs: number, { maxQueueDelayUs }: BatchPolicy): DepartureReason {
  if (maxQueueDelayUs === 0) return 'drained';
  return nowUs - load.oldestUs >= maxQueueDelayUs ? 'delay' : 'deadline';
}

function largestPreferred(policy: BatchPolicy): number {
  return policy.preferredBatchSizes.at(-1) ?? policy.maxBatchSize;
}

/** What a batch of a lane could be now. */
interface Load {
  /** Rows that fit. */
  readonly rows: number;
  /** What would leave of them: all, or as much as is cheaper to run in an allowed size. */
  readonly whole: Cut;
  /** The largest prefix that adds up to a preferred size. */
  readonly preferred: Cut | null;
  /** A request was left for lack of room. */
  readonly overflows: boolean;
  readonly oldestUs: number;
  readonly expiresUs: number;
  /** When it leaves at the latest. */
  readonly dueUs: number;
}

/** Walks the lane once, as far as a batch reaches. */
function fill(lane: LaneView, policy: BatchPolicy): Load {
  const { maxBatchSize, preferredBatchSizes, allowedBatchSizes = [], maxQueueDelayUs } = policy;
  let requests = 0;
  let rows = 0;
  let preferred: Cut | null = null;
  let exact: Cut | null = null;
  let overflows = false;
  let oldestUs = Number.POSITIVE_INFINITY;
  let expiresUs = Number.POSITIVE_INFINITY;
  for (let more = lane.first; more !== null && rows < maxBatchSize; more = lane.after(more)) {
    overflows = requests > 0 && rows + more.rows > maxBatchSize;
    if (overflows) break;
    requests++;
    rows += more.rows;
    oldestUs = Math.min(oldestUs, more.enqueuedUs);
    expiresUs = Math.min(expiresUs, more.enqueuedUs + more.timeoutUs);
    if (preferredBatchSizes.includes(rows)) preferred = { requests, rows };
    if (allowedBatchSizes.includes(rows)) exact = { requests, rows };
  }
  const dueUs = Math.min(oldestUs + maxQueueDelayUs, expiresUs - EXPIRY_MARGIN_US);
  const whole = bestCut({ requests, rows }, exact, policy);
  return { rows, whole, preferred, overflows, oldestUs, expiresUs, dueUs };
}
