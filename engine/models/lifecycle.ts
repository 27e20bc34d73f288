import type { ModelState } from '../contract';

/**
 * State table of a model in the registry, after Triton's (`model_lifecycle.h`). The state travels with a reason text.
 *
 *   unavailable -> loading      load was asked for, or a lost model is tried again
 *   loading     -> ready        a version serves
 *   loading     -> unavailable  it failed (reason: the error) or was given up
 *   ready       -> ready        reload: the new version serves before the old one is let go; a failed reload keeps the old
 *   ready       -> unloading    unload was asked for, requests drain
 *   ready       -> unavailable  every instance is gone and cannot be replaced
 *   unloading   -> unavailable  (reason: "unloaded")
 */
const MOVES: Readonly<Record<ModelState, readonly ModelState[]>> = {
  unavailable: ['loading'],
  loading: ['ready', 'unavailable'],
  ready: ['ready', 'unloading', 'unavailable'],
  unloading: ['unavailable'],
};

/** The only place where a model's state changes; an illegal move is a fault of ours and throws. */
export function moveModel(from: ModelState, to: ModelState): ModelState {
  if (!MOVES[from].includes(to)) throw new Error(`a model cannot go from ${from} to ${to}`);
  return to;
}
