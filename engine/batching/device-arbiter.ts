import type { Clock } from '../base';
import type { ModelSettings } from '../contract';
import { chooseBid } from './choose-bid';
import type { Bid, DeviceGate } from './device-gate';

/** A model's place on a device, changed live: its weight and class, and the threads that one of its batches takes. */
export type DeviceClaim = Pick<ModelSettings, 'deviceWeight' | 'deviceClass' | 'intraOpThreads'>;

interface RunningBatch {
  readonly sinceUs: number;
  /** Device time that its model was charged when it started. */
  readonly chargedUs: number;
  readonly tokens: number;
}

/**
 * Decides whose batch runs on one device (`chooseBid`). A model that is alone is never limited: its instances are what the operator
 * asked for. With competition batches share `tokens`, and what does not fit waits, with nobody let past it.
 *
 * Turns are given in a later turn of the loop: when a batch ends, its own scheduler has then bid again and competes too. Whoever is
 * given a turn plans anew, and takes the device or its bid back; either way the next turn is asked for, so none is lost.
 *
 * Charged is for how long a batch keeps the others out, from its start until it is back, and not what it computed: where the
 * way to the instance and back takes longer than the run, time computed grows so much more slowly than time itself that whoever had
 * one long batch would wait, for its rivals to have computed as much, for minutes.
 */
export class DeviceArbiter {
  readonly #contenders = new Set<Contender>();
  /** That stand, in the order of asking. */
  readonly #bids = new Map<Contender, Bid>();
  #tokensInUse = 0;
  /** Per class: the least virtual time among those who wanted the device when it was last given. An idle model comes back with it. */
  readonly #virtualUs = { foreground: 0, background: 0 };
  #turnIsDue = false;

  constructor(
    readonly clock: Clock,
    readonly tokens: number,
  ) {}

  /** What batches take of the device now. */
  get tokensInUse(): number {
    return this.#tokensInUse;
  }

  /** @param onTurn plans anew: leads to `tryEnter` or `withdraw` */
  join(claim: DeviceClaim, onTurn: () => void): Contender {
    const contender = new Contender(this, claim, onTurn);
    this.#contenders.add(contender);
    return contender;
  }

  /** Bids or runs, besides this one; to a background model, a foreground model that may bid at any time. */
  isContended(own: Contender): boolean {
    if (this.#othersAreActive(own)) return true;
    if (own.deviceClass === 'foreground') return false;
    return [...this.#contenders].some(({ deviceClass }) => deviceClass === 'foreground');
  }

  /** True: the bid may start now. False: it stands. */
  grants(own: Contender, bid: Bid): boolean {
    this.#bids.set(own, bid);
    const granted = !this.#othersAreActive(own) || (this.#winner() === own && this.#fits(own));
    if (granted) {
      this.#advance(own.deviceClass);
      this.#bids.delete(own);
    }
    // There may be room for another one too.
    this.giveTurnSoon();
    return granted;
  }

  hasBidOf(own: Contender): boolean {
    return this.#bids.has(own);
  }

  withdraw(own: Contender): void {
    if (this.#bids.delete(own)) this.giveTurnSoon();
  }

  /** @param tokens below 0: they are free again */
  occupy(tokens: number): void {
    this.#tokensInUse += tokens;
    if (tokens < 0) this.giveTurnSoon();
  }

  /** Where a model that was idle joins: it neither saved up a claim nor pays for what others did not want. */
  virtualUsOf(deviceClass: DeviceClaim['deviceClass']): number {
    return this.#virtualUs[deviceClass];
  }

  leave(contender: Contender): void {
    this.#contenders.delete(contender);
    this.#bids.delete(contender);
    this.giveTurnSoon();
  }

  giveTurnSoon(): void {
    if (this.#turnIsDue) return;
    this.#turnIsDue = true;
    this.clock.callAt(this.clock.nowUs(), () => {
      this.#turnIsDue = false;
      const next = this.#winner();
      if (next && this.#fits(next)) next.onTurn();
    });
  }

  /** Never back, and never past one that waits: who joins with it is not before those who were there, and not behind them either. */
  #advance(deviceClass: DeviceClaim['deviceClass']): void {
    let leastUs = Number.POSITIVE_INFINITY;
    for (const one of this.#bids.keys())
      if (one.deviceClass === deviceClass) leastUs = Math.min(leastUs, one.virtualUs);
    this.#virtualUs[deviceClass] = Math.max(this.#virtualUs[deviceClass], leastUs);
  }

  #winner(): Contender | null {
    const standing = [...this.#bids].map(([one, bid]) => {
      const { deviceClass, virtualUs } = one;
      return { one, bid, deviceClass, virtualUs };
    });
    return chooseBid(standing, this.clock.nowUs())?.one ?? null;
  }

  #fits({ tokens }: Contender): boolean {
    return this.#tokensInUse === 0 || this.#tokensInUse + tokens <= this.tokens;
  }

  /** Others bid or run; a batch takes at least one token. */
  #othersAreActive(own: Contender): boolean {
    return this.#bids.size > (this.#bids.has(own) ? 1 : 0) || this.#tokensInUse > own.tokensInUse;
  }
}

/** One scheduler at the device. */
export class Contender implements DeviceGate {
  readonly #arbiter: DeviceArbiter;
  readonly #running: RunningBatch[] = [];
  readonly onTurn: () => void;
  #claim: DeviceClaim;
  #tokensInUse = 0;
  #virtualUs = 0;
  /** How long its last batch had the device: what an unpredicted one is charged until it ends. */
  #lastUs = 0;

  constructor(arbiter: DeviceArbiter, claim: DeviceClaim, onTurn: () => void) {
    this.#arbiter = arbiter;
    this.#claim = claim;
    this.onTurn = onTurn;
  }

  /** Device time it has had, over its weight, counted from where it joined; on a CPU each thread counts. */
  get virtualUs(): number {
    return this.#virtualUs;
  }

  get deviceClass(): DeviceClaim['deviceClass'] {
    return this.#claim.deviceClass;
  }

  get isActive(): boolean {
    return this.#running.length > 0 || this.#arbiter.hasBidOf(this);
  }

  /** What one batch takes; never more than there is. */
  get tokens(): number {
    return Math.min(Math.max(1, this.#claim.intraOpThreads), this.#arbiter.tokens);
  }

  get tokensInUse(): number {
    return this.#tokensInUse;
  }

  get isContended(): boolean {
    return this.#arbiter.isContended(this);
  }

  /** Takes effect with the next choice. */
  claim(claim: DeviceClaim): void {
    // Virtual times of the classes are not comparable.
    if (claim.deviceClass !== this.#claim.deviceClass)
      this.#virtualUs = this.#arbiter.virtualUsOf(claim.deviceClass);
    this.#claim = claim;
    this.#arbiter.giveTurnSoon();
  }

  tryEnter(bid: Bid): boolean {
    if (!this.isActive)
      this.#virtualUs = Math.max(this.#virtualUs, this.#arbiter.virtualUsOf(this.deviceClass));
    if (!this.#arbiter.grants(this, bid)) return false;
    const chargedUs = bid.predictedUs ?? this.#lastUs;
    const batch = { sinceUs: this.#arbiter.clock.nowUs(), chargedUs, tokens: this.tokens };
    this.#running.push(batch);
    this.#charge(chargedUs, batch);
    this.#occupy(batch.tokens);
    return true;
  }

  withdraw(): void {
    this.#arbiter.withdraw(this);
  }

  leave(): void {
    // Of several the first: which of them it was makes no difference to the sum that is charged.
    const batch = this.#running.shift();
    if (!batch) return;
    this.#lastUs = this.#arbiter.clock.nowUs() - batch.sinceUs;
    this.#charge(this.#lastUs - batch.chargedUs, batch);
    this.#occupy(-batch.tokens);
  }

  /** It is gone from the device, with its bid and whatever it still runs. */
  close(): void {
    this.#running.length = 0;
    this.#occupy(-this.#tokensInUse);
    this.#arbiter.leave(this);
  }

  #occupy(tokens: number): void {
    this.#tokensInUse += tokens;
    this.#arbiter.occupy(tokens);
  }

  #charge(deviceUs: number, { tokens }: RunningBatch): void {
    this.#virtualUs += (deviceUs * tokens) / this.#claim.deviceWeight;
  }
}
