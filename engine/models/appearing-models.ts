/**
 * Models whose folders appeared while the repository is followed and that never served yet. Each is tried once for the files it
 * has: a folder that is still being copied fails, and is tried again when it has changed.
 */
export class AppearingModels {
  readonly #progress = new Map<string, 'due' | 'tried'>();

  appeared(name: string): void {
    this.#progress.set(name, 'due');
  }

  changed(name: string): void {
    if (this.#progress.has(name)) this.#progress.set(name, 'due');
  }

  /** It serves, is gone, or somebody decided about it. */
  forget(name: string): void {
    this.#progress.delete(name);
  }

  /** Those to try now. */
  takeDue(): readonly string[] {
    const due = [...this.#progress].filter(([, progress]) => progress === 'due').map(([name]) => name);
    for (const name of due) this.#progress.set(name, 'tried');
    return due;
  }
}
