/** What is expected of a batch: its run, and how long it keeps its instance from the next one. */
export interface ExpectedRun {
  readonly runUs: number;
  readonly keptUs: number;
}

interface Run extends ExpectedRun {
  startUs: number;
  /** The batch that was handed ahead behind this one. */
  next: Run | null;
  /** Runs behind another. */
  waits: boolean;
}

/** The batches that run, and when each instance is expected to be free. Microseconds, on the clock's scale. */
export class RunningBatches {
  readonly #runs = new Map<number, Run>();

  get count(): number {
    return this.#runs.size;
  }

  /** Beyond the number of instances a batch stands behind the one that ends first. */
  started(id: number, { runUs, keptUs }: ExpectedRun, instances: number, nowUs: number): void {
    const run: Run = { runUs, keptUs, startUs: nowUs, next: null, waits: false };
    if (this.#runs.size >= instances) {
      const before = this.#firstOpen();
      if (before) {
        before.next = run;
        run.startUs = endUs(before);
        run.waits = true;
      }
    }
    this.#runs.set(id, run);
  }

  /** @returns what was predicted of its run, and how long it kept the instance, from its turn on; null for one that is not known */
  ended(id: number, nowUs: number): { readonly predictedUs: number; readonly tookUs: number } | null {
    const run = this.#runs.get(id);
    if (!run) return null;
    this.#runs.delete(id);
    if (run.next) {
      run.next.startUs = nowUs;
      run.next.waits = false;
    }
    return run.waits ? null : { predictedUs: run.runUs, tookUs: nowUs - run.startUs };
  }

  /** When the next instance is expected back; infinite when none runs. */
  get nextFreeUs(): number {
    let soonestUs = Number.POSITIVE_INFINITY;
    for (const run of this.#runs.values()) if (!run.next) soonestUs = Math.min(soonestUs, endUs(run));
    return soonestUs;
  }

  /** For each instance, how long until it is free, ascending. A batch that should have ended ends now. */
  freeInUs(instances: number, nowUs: number): number[] {
    const free: number[] = [];
    for (const run of this.#runs.values()) if (!run.next) free.push(Math.max(0, endUs(run) - nowUs));
    while (free.length < instances) free.push(0);
    return free.sort((a, b) => a - b);
  }

  #firstOpen(): Run | null {
    let first: Run | null = null;
    for (const run of this.#runs.values())
      if (!run.next && !run.waits && (!first || endUs(run) < endUs(first))) first = run;
    return first;
  }
}

function endUs(run: Run): number {
  return run.startUs + run.keptUs;
}
