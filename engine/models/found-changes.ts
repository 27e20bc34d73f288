import type { RepositoryChanges } from './plan-changes';
import type { ScannedModel } from './repository';

/** A change on disk, and what was known of the model when the look that found it began. */
export type FoundChange = RepositoryChanges['modified'][number] & {
  readonly known: ScannedModel | undefined;
};

/**
 * Changes that wait for their turn to be followed. A model that changes again meanwhile is followed once, as it was found last: the
 * earlier change is over, and would only make the later one wait for longer.
 */
export class FoundChanges {
  readonly #waiting = new Map<object, { change: FoundChange; done: Promise<void> }>();

  /**
   * @param entry the model's own, so that one that is removed and comes back by the same name is another
   * @param follow waits for its turn, then takes the change and follows it
   */
  add(entry: object, change: FoundChange, follow: (take: () => FoundChange) => Promise<void>): Promise<void> {
    const waiting = this.#waiting.get(entry);
    if (waiting) {
      const kind = waiting.change.kind === 'files' ? 'files' : change.kind;
      waiting.change = { ...change, kind };
      return waiting.done;
    }
    const found = { change, done: Promise.resolve() };
    this.#waiting.set(entry, found);
    found.done = follow(() => {
      this.#waiting.delete(entry);
      return found.change;
    });
    return found.done;
  }
}
