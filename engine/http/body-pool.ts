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
  /** By capacity, a power of two. */
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
    const kept = this.#free.get(capacity)?.pop();
    if (!kept) return Buffer.allocUnsafeSlow(capacity);
    this.#keptBytes -= capacity;
    return kept;
  }

  /** Nobody reads or writes it any more. What was not taken from here, or is more than is kept, is left to the collector. */
  give(buffer: Buffer): void {
    const { byteLength } = buffer;
    const isOurs = byteLength >= LEAST_BYTES && byteLength === capacityFor(byteLength);
    if (!isOurs || this.#keptBytes + byteLength > this.#mostBytes) return;
    this.#keptBytes += byteLength;
    const free = this.#free.get(byteLength);
    if (free) free.push(buffer);
    else this.#free.set(byteLength, [buffer]);
  }
}

function capacityFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
