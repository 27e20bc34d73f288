/** A model that is in a device's memory. */
export interface Resident {
  readonly name: string;
  readonly bytes: number;
  readonly isPinned: boolean;
  /** Has requests that wait or run. */
  readonly isBusy: boolean;
  readonly lastUseUs: number;
}

export type EvictionPlan =
  /** Room for it once these are gone; empty: there is room now. */
  | { readonly kind: 'fits'; readonly evict: readonly string[] }
  /** Not even without all that may go. `freeableBytes`: what it could have at most. */
  | { readonly kind: 'refused'; readonly freeableBytes: number };

/**
 * Which models leave so that `needBytes` fit into the budget. Pinned ones never do. Idle ones go before those with requests (which
 * would have to be drained first), and of each kind the one that was used longest ago. Taken in that order until there is room, and
 * then given back, the most recently used first, as far as the rest is enough: a small old model does not leave for nothing beside a
 * large one that has to go anyway. So the plan is minimal: without any one of its evictions there is no room.
 */
export function planEviction(
  needBytes: number,
  budgetBytes: number,
  residents: readonly Resident[],
): EvictionPlan {
  const total = (of: readonly Resident[]) => of.reduce((sum, { bytes }) => sum + bytes, 0);
  const movable = residents.filter(({ isPinned }) => !isPinned);
  const freeableBytes = budgetBytes - (total(residents) - total(movable));
  if (needBytes > freeableBytes) return { kind: 'refused', freeableBytes: Math.max(0, freeableBytes) };
  let missing = needBytes - (budgetBytes - total(residents));
  const chosen: Resident[] = [];
  for (const one of [...movable].sort(earlierToLeave)) {
    if (missing <= 0) break;
    chosen.push(one);
    missing -= one.bytes;
  }
  const kept = new Set<Resident>();
  for (const one of chosen.toReversed()) {
    if (missing + one.bytes > 0) continue;
    kept.add(one);
    missing += one.bytes;
  }
  return { kind: 'fits', evict: chosen.filter((one) => !kept.has(one)).map(({ name }) => name) };
}

function earlierToLeave(a: Resident, b: Resident): number {
  if (a.isBusy !== b.isBusy) return a.isBusy ? 1 : -1;
  return a.lastUseUs - b.lastUseUs || (a.name < b.name ? -1 : 1);
}
