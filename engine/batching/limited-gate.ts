import type { RateLimiterConfig } from '../config';
import type { Bid, DeviceGate } from './device-gate';
import type { LimitedClaim, LimitedModel, RateLimiter } from './rate-limiter';

/**
 * The gate of a model that takes resources of the rate limiter: first those, then its place on the device. In this order nobody
 * whom the device waits for waits for resources, so there is no circle. Meanwhile a foreground model keeps what it took, as its turn
 * at the device comes for certain; a background model, which may wait for as long as others want the device, gives it back.
 */
export class LimitedGate implements DeviceGate {
  readonly #device: DeviceGate;
  readonly #limiter: RateLimiter;
  readonly #onTurn: () => void;
  #claim: LimitedClaim;
  #deviceId: string | null = null;
  #model: LimitedModel | null = null;
  #isClosed = false;
  /**
   * Who took the resources of each running batch; null: nobody had to. Which of several has ended is not told: after a move to another
   * device a batch there may be taken for one that is still on the old one, until both have ended.
   */
  readonly #entered: (LimitedModel | null)[] = [];

  constructor(device: DeviceGate, limiter: RateLimiter, claim: LimitedClaim, onTurn: () => void) {
    this.#device = device;
    this.#limiter = limiter;
    this.#claim = claim;
    this.#onTurn = onTurn;
  }

  get config(): RateLimiterConfig {
    return this.#claim.config;
  }

  /** Its instances run on this device now. */
  moveTo(deviceId: string): void {
    if (deviceId === this.#deviceId || this.#isClosed) return;
    this.#model?.close();
    this.#deviceId = deviceId;
    this.#model = this.#limiter.join(this.#claim, deviceId, this.#onTurn);
  }

  claim(change: Partial<LimitedClaim>): void {
    this.#claim = { ...this.#claim, ...change };
    this.#model?.claim(change);
  }

  /** Its model is unloaded. */
  close(): void {
    this.#isClosed = true;
    this.#model?.close();
    this.#model = null;
  }

  /** A batch handed ahead would take resources without running. */
  get isContended(): boolean {
    return this.#model !== null || this.#device.isContended;
  }

  tryEnter(bid: Bid): boolean {
    const model = this.#model;
    if (model && !model.take()) {
      this.#device.withdraw();
      return false;
    }
    if (!this.#device.tryEnter(bid)) {
      if (this.#claim.deviceClass === 'background') model?.withdraw();
      return false;
    }
    model?.start();
    this.#entered.push(model);
    return true;
  }

  withdraw(): void {
    this.#model?.withdraw();
    this.#device.withdraw();
  }

  leave(): void {
    this.#entered.shift()?.ended();
    this.#device.leave();
  }
}
