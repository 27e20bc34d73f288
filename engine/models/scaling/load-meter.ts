import type { LoadWindow } from './scale-instances';

/** What a meter is told of a batch that ended well. */
export interface MeteredBatch {
  readonly rows: number;
  readonly queueUs: number;
  readonly runUs: number;
}

/** Adds up what a model did since the last look. */
export class LoadMeter {
  #sinceUs: number;
  #rows = 0;
  #batches = 0;
  #queueUs = 0;
  #runUs = 0;

  constructor(nowUs: number) {
    this.#sinceUs = nowUs;
  }

  add({ rows, queueUs, runUs }: MeteredBatch): void {
    this.#rows += rows;
    this.#batches++;
    this.#queueUs += queueUs;
    this.#runUs += runUs;
  }

  /** The window that ends now; the next one begins. `running` and `waiting` count only when no batch ended in it. */
  take(nowUs: number, instances: number, running: number, waiting: number): LoadWindow {
    const spanUs = Math.max(1, nowUs - this.#sinceUs);
    const batches = Math.max(1, this.#batches);
    const isStuck = this.#batches === 0;
    const window: LoadWindow = {
      rowsPerSecond: (this.#rows / spanUs) * 1e6,
      queueUs: isStuck && waiting > 0 ? spanUs : this.#queueUs / batches,
      runUs: this.#runUs / batches,
      busyShare: Math.min(
        1,
        isStuck ? running / Math.max(1, instances) : this.#runUs / (spanUs * Math.max(1, instances)),
      ),
    };
    this.#sinceUs = nowUs;
    this.#rows = this.#batches = this.#queueUs = this.#runUs = 0;
    return window;
  }
}
