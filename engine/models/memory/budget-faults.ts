import { byteText } from '../../base';
import type { MemoryBudget } from './memory-ledger';

/** A model that is to be in a device's memory, sooner or later. */
export interface Claim {
  readonly name: string;
  readonly bytes: number;
  readonly isPinned: boolean;
}

/**
 * Why a budget cannot be: it holds not even the smallest model, or not all that are pinned together. All reasons, with the arithmetic;
 * none where there is no limit. Pure.
 */
export function budgetFaults(
  deviceId: string,
  budget: MemoryBudget,
  claims: readonly Claim[],
): readonly string[] {
  const { bytes: limit, note } = budget;
  const [smallest] = [...claims].sort((a, b) => a.bytes - b.bytes);
  if (limit === null || !smallest) return [];
  const faults: string[] = [];
  if (smallest.bytes > limit)
    faults.push(
      `${note}=${limit} (${byteText(limit)}): the smallest model for ${deviceId}, "${smallest.name}", needs ${smallest.bytes} bytes (${byteText(smallest.bytes)})`,
    );
  const pinned = claims.filter(({ isPinned }) => isPinned);
  const needed = totalOf(pinned);
  if (needed > limit)
    faults.push(
      `${note}=${limit} (${byteText(limit)}): pinned models need ${needed} bytes (${byteText(needed)}) of ${deviceId}: ${listOf(pinned)}`,
    );
  return faults;
}

/** Why a model cannot be as it is to be within a budget, beside those that are pinned; null when it can. Pure. */
export function claimFault(
  deviceId: string,
  { bytes: limit, note }: MemoryBudget,
  claim: Claim,
  others: readonly Claim[],
): string | null {
  const pinned = others.filter(({ isPinned }) => isPinned);
  const held = totalOf(pinned);
  if (limit === null || held + claim.bytes <= limit) return null;
  const what = claim.isPinned ? 'pinned, ' : '';
  const beside = pinned.length > 0 ? `, and pinned models hold ${byteText(held)}: ${listOf(pinned)}` : '';
  return `"${claim.name}" would need ${byteText(claim.bytes)} of ${deviceId} (${what}with these settings), but its budget is ${byteText(limit)} (${note})${beside}`;
}

const totalOf = (claims: readonly Claim[]): number => claims.reduce((sum, { bytes }) => sum + bytes, 0);

function listOf(claims: readonly Claim[]): string {
  const shown = [...claims].sort((a, b) => b.bytes - a.bytes).slice(0, 5);
  const more = claims.length > shown.length ? `, and ${claims.length - shown.length} more` : '';
  return shown.map(({ name, bytes }) => `"${name}" ${byteText(bytes)}`).join(', ') + more;
}
