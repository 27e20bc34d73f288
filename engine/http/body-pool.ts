/** Smaller ones are cheaper to make than to keep. */
const LEAST_BYTES = 16 * 1024;
/** What is kept for bodies to come, together. */
const KEPT_BYTES = 32 * 1024 * 1024;

/**
 * Memory of bodies whose requests have ended, for those of the next ones.
 *
 * V8 frees young buffers for next to nothing, but a body lives as long as its request waits and runs, and by then it is old: some 25
 * requests of 110 KB under way left 6 MB of old garbage behind at every quick collection, and each 64 MB of that start a full one,
 * which holds the loop up for 20 to 40 ms, once a second (docs/adr/0032-bodies-are-used-again.md).
 */
export class BodyPool {
  /** By capacity, a power of two; the one that was used last comes last. */
  readonly #free = new Map<number, Buffer[]>();
  readonly #mostBytes: number;
  #keptBytes = 0;

  /** @param mostBytes kept at most, in all */
  constructor(mostBytes = KEPT_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** At least so many bytes, with anything in them, that are nobody else's until they are given back. */
  take(bytes: number): Buffer {
    // Slow: that is, of its own memory and not a slice of Node's pool.
    if (bytes < LEAST_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const capacity = capacityFor(bytes);
    const kept = this.#used(capacity).pop();
    if (!kept) return Buffer.allocUnsafeSlow(capacity);
    this.#keptBytes -= capacity;
    return kept;
  }

  /**
   * Nobody reads or writes it any more. Of what is too much, that goes which is of the capacity that has not been used for longest: sizes
   * that nobody sends any more would else keep the place of those of now.
   */
  give(buffer: Buffer): void {
    const { byteLength } = buffer;
    if (byteLength < LEAST_BYTES || byteLength > this.#mostBytes || byteLength !== capacityFor(byteLength))
      return;
    this.#used(byteLength).push(buffer);
    this.#keptBytes += byteLength;
    while (this.#keptBytes > this.#mostBytes) this.#dropOne();
  }

  #used(capacity: number): Buffer[] {
    const free = this.#free.get(capacity) ?? [];
    this.#free.delete(capacity);
    this.#free.set(capacity, free);
    return free;
  }

  #dropOne(): void {
    for (const [capacity, free] of this.#free) {
      if (free.pop()) {
        this.#keptBytes -= capacity;
        return;
      }
      this.#free.delete(capacity);
    }
  }
}

function capacityFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
