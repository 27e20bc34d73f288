import type { Clock } from '../base';
import { type Contender, DeviceArbiter, type DeviceClaim } from './device-arbiter';
import type { Bid, DeviceGate } from './device-gate';

/** The arbiters of an engine, one for each device. */
export class DeviceArbiters {
  readonly #clock: Clock;
  readonly #cores: number;
  readonly #byDevice = new Map<string, DeviceArbiter>();

  /** @param cores that the engine may use; one of them is left to its doors */
  constructor(clock: Clock, cores: number) {
    this.#clock = clock;
    this.#cores = cores;
  }

  /** A CPU runs as many threads as it has cores to spare; any other device one batch at a time. */
  of(deviceId: string): DeviceArbiter {
    const tokens = deviceId === 'cpu' ? Math.max(1, this.#cores - 1) : 1;
    const arbiter = this.#byDevice.get(deviceId) ?? new DeviceArbiter(this.#clock, tokens);
    this.#byDevice.set(deviceId, arbiter);
    return arbiter;
  }
}

/** A scheduler's gate, made before it is known on which device its instances will run. Until then it is open. */
export class DeviceSeat implements DeviceGate {
  readonly #onTurn: () => void;
  #claim: DeviceClaim;
  #arbiter: DeviceArbiter | null = null;
  #contender: Contender | null = null;
  #isClosed = false;
  /** Who let each running batch in; null: nobody had to. */
  readonly #entered: (Contender | null)[] = [];

  constructor(claim: DeviceClaim, onTurn: () => void) {
    this.#claim = claim;
    this.#onTurn = onTurn;
  }

  /** Its instances run on this device now. */
  moveTo(arbiter: DeviceArbiter): void {
    if (arbiter === this.#arbiter || this.#isClosed) return;
    this.#contender?.close();
    this.#arbiter = arbiter;
    this.#contender = arbiter.join(this.#claim, this.#onTurn);
  }

  claim(claim: DeviceClaim): void {
    this.#claim = claim;
    this.#contender?.claim(claim);
  }

  /** Its model is unloaded; nothing stands in anybody's way any more. */
  close(): void {
    this.#isClosed = true;
    this.#contender?.close();
    this.#contender = null;
  }

  get isContended(): boolean {
    return this.#contender?.isContended ?? false;
  }

  tryEnter(bid: Bid): boolean {
    if (this.#contender && !this.#contender.tryEnter(bid)) return false;
    this.#entered.push(this.#contender);
    return true;
  }

  withdraw(): void {
    this.#contender?.withdraw();
  }

  leave(): void {
    this.#entered.shift()?.leave();
  }
}
