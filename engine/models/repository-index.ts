import type { ModelState } from '../contract';
import type { RepositoryIndexEntry } from '../inference';

/** What the index says about one model comes from this. */
export interface IndexedModel {
  readonly name: string;
  /** False for a model that nobody asked for since the engine started. */
  readonly everWanted: boolean;
  readonly state: ModelState;
  readonly reason: string | null;
  readonly versionsOnDisk: readonly { readonly version: string; readonly served: boolean }[];
  readonly versionsReady: readonly string[];
}

/** A model's lines of the repository index, by version: only its name when it was never loaded. */
export function indexModel(model: IndexedModel, readyOnly: boolean): readonly RepositoryIndexEntry[] {
  const { name, everWanted, state } = model;
  const ready = model.versionsReady.map((version) => ({ name, version, state: 'READY', reason: '' }));
  if (readyOnly) return ready;
  if (!everWanted) return [{ name, version: '', state: '', reason: '' }];
  const reason = model.reason ?? '';
  // A version that is chosen and does not serve while others do was lost.
  const word = state === 'ready' ? 'UNAVAILABLE' : state.toUpperCase();
  const others = model.versionsOnDisk
    .filter(({ version, served }) => served && !model.versionsReady.includes(version))
    .map(({ version }) => ({ name, version, state: word, reason }));
  const all = [...ready, ...others].sort((a, b) => Number(a.version) - Number(b.version));
  return all.length > 0 ? all : [{ name, version: '', state: word, reason }];
}
