import type { ModelSummary } from '../../../engine/contract';

/** Reasons of a model that is simply not loaded; any other reason of an unavailable model is a fault to show. */
const AT_REST: ReadonlySet<string> = new Set(['', 'unloaded', 'not loaded']);

/** Why a model cannot be served, in the engine's words; null when nothing is wrong with it, as with one that was evicted. */
export function loadFailureOf(model: Pick<ModelSummary, 'state' | 'reason' | 'onCall'>): string | null {
  if (model.state !== 'unavailable' || model.onCall || model.reason === null || AT_REST.has(model.reason))
    return null;
  return model.reason;
}
