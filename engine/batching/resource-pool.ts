import type { RateLimiterResource } from '../config';
import type { WaitingTurn } from './choose-turns';

/** One resource on one device, or a global one. */
export class ResourcePool {
  readonly name: string;
  /** Null: it is global. */
  readonly deviceId: string | null;
  /** What one execution of each model takes. */
  readonly demands = new Map<object, number>();
  used = 0;
  /** Turns of the one that took of it last, by class. Who was idle comes back with no fewer. */
  readonly lastTurns: Record<WaitingTurn['deviceClass'], number> = { foreground: 0, background: 0 };
  readonly #given: number | null;

  /** @param given what the operator says there is; null: nothing is said */
  constructor({ name, global }: RateLimiterResource, deviceId: string, given: number | null) {
    this.name = name;
    this.deviceId = global ? null : deviceId;
    this.#given = given;
  }

  /** What there is of it: as given, else as much as the largest demand. */
  get limit(): number {
    return this.#given ?? Math.max(0, ...this.demands.values());
  }
}

export function poolKey({ name, global }: RateLimiterResource, deviceId: string): string {
  return `${global ? '' : deviceId}\n${name}`;
}
