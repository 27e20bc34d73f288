const KEPT_ANCHORS = 48;
/** Arrivals of one anchor that are kept; more than any batch needs. */
const KEPT_ARRIVALS = 256;

/** What the arrivals are told from: a batch that came back, or an arrival at an engine that had nothing to do. */
export type AnchorKind = 'completion' | 'idle-arrival';

/** What happened after one anchor, until the next. */
export interface Anchor {
  readonly kind: AnchorKind;
  readonly atUs: number;
  /** Rows of the batch that came back; 0 for an arrival. */
  readonly rows: number;
  /** Of the arrivals that followed, microseconds since the anchor, ascending. */
  readonly offsetsUs: number[];
  /** How long it was watched; infinite while it still is. */
  watchedUs: number;
}

/**
 * What arrivals do after the two kinds of event that they follow.
 *
 * Clients that wait for their answers come back right after a batch with those answers did, as many as it carried; a burst
 * comes right after its first request. Neither is visible in gaps between arrivals: a mean gap of 1 ms may be one arrival
 * every millisecond, or eight in each eighth. So the offsets are kept by anchor, and each anchor is watched until the next
 * one: what comes after that is the next one's doing.
 */
export class ArrivalPattern {
  readonly #kept: Anchor[] = [];
  #next = 0;
  #current: Anchor | null = null;

  get current(): Anchor | null {
    return this.#current;
  }

  /** Those whose watch has ended, in no order. */
  get past(): readonly Anchor[] {
    return this.#kept;
  }

  /**
   * @param atIdle nothing waits and nothing runs
   * @param shortUs an arrival at an idle engine so soon after a completion is that completion's
   */
  arrived(nowUs: number, atIdle: boolean, shortUs: number): void {
    const current = this.#current;
    if (atIdle && !(current?.kind === 'completion' && nowUs - current.atUs <= shortUs)) {
      this.#begin('idle-arrival', 0, nowUs);
      return;
    }
    if (current && current.offsetsUs.length < KEPT_ARRIVALS) current.offsetsUs.push(nowUs - current.atUs);
  }

  completed(rows: number, nowUs: number): void {
    this.#begin('completion', rows, nowUs);
  }

  #begin(kind: AnchorKind, rows: number, nowUs: number): void {
    const ended = this.#current;
    if (ended) {
      ended.watchedUs = nowUs - ended.atUs;
      this.#kept[this.#next] = ended;
      this.#next = (this.#next + 1) % KEPT_ANCHORS;
    }
    this.#current = { kind, atUs: nowUs, rows, offsetsUs: [], watchedUs: Number.POSITIVE_INFINITY };
  }
}

/** How many of ascending offsets are at most `limitUs`. */
export function countUntil(offsetsUs: readonly number[], limitUs: number): number {
  let low = 0;
  let high = offsetsUs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsetsUs[middle] as number) <= limitUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
