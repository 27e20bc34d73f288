import { expect } from 'vitest';

/** What Triton's rules are told of a model, and what the oracle was told of it. */
export interface OracleSetup {
  readonly maxBatchSize: number;
  readonly preferred: readonly number[];
  readonly allowed: readonly number[];
  readonly delayUs: number;
  readonly ordered: boolean;
  readonly override: boolean;
  /** 0: none. Level 1 has half of it, and always REJECT. */
  readonly timeoutUs: number;
  readonly action: 'REJECT' | 'DELAY';
  readonly maxQueueSize: number;
}

/** Level 1 has a limit of its own. */
export const URGENT_QUEUE_SIZE = 3;
/** How long before its end a request is sent that would expire waiting for company. */
const MARGIN_US = 1000;

export interface Sent {
  readonly id: number;
  readonly rows: number;
  readonly lane: string;
  /** 0 without levels. */
  readonly level: number;
  readonly enqueuedUs: number;
  /** End of its wait; infinity: none. */
  readonly endUs: number;
  readonly delays: boolean;
  state: 'waits' | 'cancelled' | 'runs' | 'lost' | 'ended';
  /** Since its delay was up, or since it was delayed: how many batches may still leave before it, by the stated bound. */
  bound: { readonly rank: number; left: number } | null;
}

/**
 * The rules in their plainest form: lists, sorted anew for every question. It decides nothing; it is told what the batcher did and
 * says whether that is what the rules ask for.
 */
export class QueueOracle {
  readonly all: Sent[] = [];
  /** Of those that ran, in the order of their answers. */
  readonly answered: number[] = [];
  readonly #setup: OracleSetup;
  readonly #nowUs: () => number;

  constructor(setup: OracleSetup, nowUs: () => number) {
    this.#setup = setup;
    this.#nowUs = nowUs;
  }

  get waiting(): readonly Sent[] {
    return this.all.filter(({ state }) => state === 'waits');
  }

  /** The next moment at which a delay is up, or the wait of one that waits ends. */
  get nextUs(): number {
    const { delayUs } = this.#setup;
    const moments = this.waiting.flatMap(({ enqueuedUs, endUs }) => [
      enqueuedUs + delayUs,
      endUs - MARGIN_US,
      endUs + 1,
    ]);
    return Math.min(...moments.filter((us) => us > this.#nowUs()));
  }

  /** A request comes. @returns it, and whether there is room for it */
  arrives(level: number, rows: number, lane: string, askedUs: number): { sent: Sent; isTaken: boolean } {
    const { ordered, timeoutUs, override, action, maxQueueSize } = this.#setup;
    const isUrgent = !ordered && level === 1;
    const defaultUs = isUrgent ? timeoutUs / 2 : timeoutUs;
    const ownUs = override && askedUs > 0 && askedUs < defaultUs ? askedUs : defaultUs;
    const enqueuedUs = this.#nowUs();
    const sent: Sent = {
      ...{ id: this.all.length, rows, lane, level: ordered ? 0 : level, enqueuedUs },
      endUs: ownUs > 0 ? enqueuedUs + ownUs : Number.POSITIVE_INFINITY,
      delays: action === 'DELAY' && !isUrgent,
      ...{ state: 'waits', bound: null },
    };
    const limit = isUrgent ? URGENT_QUEUE_SIZE : maxQueueSize;
    const isTaken = this.waiting.filter((other) => other.level === sent.level).length < limit;
    if (isTaken)
      for (const other of this.waiting)
        if (other.bound && this.#rank(other) > this.#rank(sent)) other.bound.left++;
    this.all.push(sent);
    return { sent, isTaken };
  }

  /** A waiting request was answered with an error. */
  checkRefusal(sent: Sent, code: string): void {
    if (code === 'DEADLINE_EXCEEDED') {
      expect(sent.state).toBe('waits');
      expect(sent.delays).toBe(false);
      expect(this.#isLate(sent)).toBe(true);
    } else
      expect([code, sent.state]).toEqual(
        sent.state === 'lost' ? ['INSTANCE_LOST', 'lost'] : ['CANCELLED', 'cancelled'],
      );
    if (sent.state === 'lost') this.answered.push(sent.id);
    sent.state = 'ended';
  }

  /** @param values each row says whose it is */
  checkBatch(values: readonly number[]): void {
    const turns = this.#turns();
    const batch = [...new Set(values)].map((id) => this.all[id] as Sent);
    const [first] = batch as [Sent];
    const size = this.#setup.allowed.find((one) => one >= rowsOf(batch)) ?? rowsOf(batch);
    const rows = batch.flatMap((sent) => new Array<number>(sent.rows).fill(sent.id));
    // Each request's rows together, in order; padding is the last row again.
    expect(values).toEqual([...rows, ...new Array<number>(size - rows.length).fill(rows.at(-1) ?? -1)]);
    this.#checkChoice(
      turns,
      first,
      batch.map(({ id }) => id),
    );
    this.#checkBound(turns, batch);
    for (const sent of batch) sent.state = 'runs';
  }

  /** @param isIdle an instance has nothing to do, and the batcher has come to rest */
  checkRest(queueLength: number, isIdle: boolean): void {
    expect(queueLength).toBe(this.waiting.length);
    for (const sent of this.waiting) if (!sent.delays) expect(this.#isLate(sent)).toBe(false);
    if (!isIdle) return;
    const nowUs = this.#nowUs();
    const turns = this.#turns();
    for (const sent of turns) {
      expect(nowUs).toBeLessThan(sent.enqueuedUs + this.#setup.delayUs);
      if (!this.#isLate(sent)) expect(nowUs).toBeLessThan(sent.endUs - MARGIN_US);
      // Whichever lane it is of: none with a batch to send is hidden behind others that wait.
      expect(this.#departure(laneOf(turns, sent))).toBeNull();
    }
  }

  /** Exactly what the rules let leave of that lane; or, because a less urgent lane has to, the front with all that fits. */
  #checkChoice(turns: readonly Sent[], first: Sent, ids: readonly number[]): void {
    const front = turns[0] as Sent;
    const ofFront = this.#departure(laneOf(turns, front));
    if (ofFront) expect(first.lane).toBe(front.lane);
    expect(this.#rank(first)).toBe(this.#rank(front));
    const own = this.#departure(laneOf(turns, first));
    if (own) {
      expect(ids).toEqual(own.map(({ id }) => id));
      return;
    }
    expect(ids).toEqual(this.#whole(laneOf(turns, front)).map(({ id }) => id));
    const less = turns.filter((sent) => this.#rank(laneOf(turns, sent)[0] as Sent) > this.#rank(front));
    expect(less.some((sent) => this.#departure(laneOf(turns, sent)) !== null)).toBe(true);
  }

  /**
   * No starvation beyond the bound: once its delay is up, no more batches leave before a request than requests had their turn
   * before it then, and came since that are more urgent. One that is delayed behind others gives its place up, and has the bound
   * anew from there.
   */
  #checkBound(turns: readonly Sent[], batch: readonly Sent[]): void {
    for (const [place, sent] of turns.entries()) {
      if (batch.includes(sent) || this.#nowUs() - sent.enqueuedUs < this.#setup.delayUs) continue;
      const rank = this.#rank(sent);
      if (sent.bound?.rank !== rank) sent.bound = { rank, left: place };
      sent.bound.left--;
      expect(sent.bound.left).toBeGreaterThanOrEqual(0);
    }
  }

  /** What must leave of a lane now, in the order of turns; null when it may wait. */
  #departure(lane: readonly Sent[]): readonly Sent[] | null {
    const { preferred, maxBatchSize, delayUs } = this.#setup;
    const fits = this.#fitting(lane);
    const next = lane[fits.length];
    const isFull =
      rowsOf(fits) >= maxBatchSize || (next !== undefined && rowsOf(fits) + next.rows > maxBatchSize);
    const ends = fits.filter((sent) => !this.#isLate(sent)).map(({ endUs }) => endUs - MARGIN_US);
    const isDue = this.#nowUs() >= Math.min(...ends, ...fits.map(({ enqueuedUs }) => enqueuedUs + delayUs));
    const best = prefixes(fits).findLast((prefix) => preferred.includes(rowsOf(prefix)));
    if (best && !(isDue && delayUs > 0)) return best;
    return isFull || isDue || rowsOf(fits) >= Math.max(...preferred) ? this.#whole(lane) : null;
  }

  /** All that fits; or less, when that leaves fewer rows than padding to an allowed size would add. */
  #whole(lane: readonly Sent[]): readonly Sent[] {
    const { allowed } = this.#setup;
    const fits = this.#fitting(lane);
    const padding = (allowed.find((size) => size >= rowsOf(fits)) ?? rowsOf(fits)) - rowsOf(fits);
    const exact = prefixes(fits).findLast((prefix) => allowed.includes(rowsOf(prefix)));
    return exact && rowsOf(fits) - rowsOf(exact) < padding ? exact : fits;
  }

  #fitting(lane: readonly Sent[]): readonly Sent[] {
    const all = prefixes(lane);
    return all.findLast((prefix) => rowsOf(prefix) <= this.#setup.maxBatchSize) ?? all[0] ?? [];
  }

  #isLate({ endUs }: Sent): boolean {
    return this.#nowUs() > endUs;
  }

  /** The smaller, the sooner its turn: the level, and in it those that were delayed behind the others. */
  #rank(sent: Sent): number {
    return 2 * sent.level + (this.#isLate(sent) ? 1 : 0);
  }

  /** All that wait, in the order of their turns: those that were delayed in the order in which that happened. */
  #turns(): readonly Sent[] {
    const delayedAt = (sent: Sent): number => (this.#isLate(sent) ? sent.endUs : 0);
    return [...this.waiting].sort(
      (a, b) => this.#rank(a) - this.#rank(b) || delayedAt(a) - delayedAt(b) || a.id - b.id,
    );
  }
}

function laneOf(turns: readonly Sent[], { lane }: Sent): readonly Sent[] {
  return turns.filter((sent) => sent.lane === lane);
}

function prefixes(requests: readonly Sent[]): readonly (readonly Sent[])[] {
  return requests.map((_, i) => requests.slice(0, i + 1));
}

function rowsOf(requests: readonly Sent[]): number {
  return requests.reduce((sum, { rows }) => sum + rows, 0);
}
