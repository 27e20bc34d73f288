import type { Bid } from './device-gate';

/** One that waits for the device. */
export interface StandingBid {
  readonly bid: Bid;
  readonly deviceClass: 'foreground' | 'background';
  /** Device time it has had, over its weight, microseconds. */
  readonly virtualUs: number;
}

/** How far an urgent bid may run ahead of its fair share: with more, an overloaded model with an SLO would starve the others. */
export const LONGEST_LEAD_US = 100_000;

/**
 * Whose batch runs next; null without bids. Class first: while a foreground bid stands no background model starts, so it is never
 * in the way for longer than the batch it runs. Then the smallest slack among bids that would be late if another batch went first.
 * Otherwise the least virtual time (start-time fair queueing; Goyal, Vin and Cheng, 1996): it grows by device time over weight, so
 * to keep it equal among those who wait is to share the device by weight. Of equals, the first.
 */
export function chooseBid<T extends StandingBid>(bids: readonly T[], nowUs: number): T | null {
  const foreground = bids.filter(({ deviceClass }) => deviceClass === 'foreground');
  const rivals = foreground.length > 0 ? foreground : bids;
  const fair = least(rivals, ({ virtualUs }) => virtualUs);
  if (!fair) return null;
  const longestUs = Math.max(...rivals.map(({ bid }) => bid.predictedUs ?? 0));
  const urgent = rivals.filter(
    ({ bid, virtualUs }) => slackUs(bid, nowUs) < longestUs && virtualUs - fair.virtualUs <= LONGEST_LEAD_US,
  );
  return least(urgent, ({ bid }) => slackUs(bid, nowUs)) ?? fair;
}

/** How long it may still wait. */
function slackUs({ deadlineUs, predictedUs }: Bid, nowUs: number): number {
  return deadlineUs - nowUs - (predictedUs ?? 0);
}

function least<T>(values: readonly T[], of: (value: T) => number): T | null {
  let best: T | null = null;
  for (const value of values) if (best === null || of(value) < of(best)) best = value;
  return best;
}
