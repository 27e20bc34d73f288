import { type DeviceGate, DeviceSeat, LimitedGate } from '../batching';
import type { RateLimiterConfig } from '../config';
import type { ModelSettings } from '../contract';
import type { ServingContext } from './serving-context';

const OFF =
  'config.pbtxt sets instance_group.rate_limiter, which has no effect: the engine runs with --rate-limit off';

/** What a version's batches pass before they run: its seat at the device, and before that the rate limiter where it takes resources. */
export class DevicePlace {
  readonly gate: DeviceGate;
  /** What is to be known of it. */
  readonly notices: readonly string[];
  readonly #context: ServingContext;
  readonly #seat: DeviceSeat;
  readonly #limited: LimitedGate | null;
  #isLeaving = false;

  /**
   * @param limits what its configuration asks the rate limiter for
   * @param onTurn plans anew
   */
  constructor(
    context: ServingContext,
    settings: ModelSettings,
    limits: RateLimiterConfig | null,
    onTurn: () => void,
  ) {
    const { rateLimiter = null } = context;
    this.#context = context;
    this.#seat = new DeviceSeat(settings, onTurn);
    this.notices = limits !== null && rateLimiter === null ? [OFF] : [];
    this.#limited =
      rateLimiter && limits?.resources.some(({ count }) => count > 0)
        ? new LimitedGate(this.#seat, rateLimiter, claimOf(limits, settings), onTurn)
        : null;
    this.gate = this.#limited ?? this.#seat;
  }

  /**
   * Its instances run there now.
   *
   * @param provider of their sessions; null: not known yet
   * @param instances that serve
   */
  moveTo(provider: string | null, instances: number): void {
    if (provider === null) return;
    const { arbiters, deviceOf } = this.#context;
    const deviceId = deviceOf(provider);
    if (arbiters) this.#seat.moveTo(arbiters.of(deviceId));
    this.#limited?.claim({ instances });
    this.#limited?.moveTo(deviceId);
  }

  /** Throws MODEL_INVALID when it asks the rate limiter for more than there is where it runs. */
  check(provider: string | null): void {
    if (provider === null || !this.#limited) return;
    const { rateLimiter, deviceOf } = this.#context;
    rateLimiter?.check(this.#limited.config, deviceOf(provider));
  }

  /** Takes effect with the next choice. */
  claim(settings: ModelSettings): void {
    const deviceClass = this.#isLeaving ? 'foreground' : settings.deviceClass;
    this.#seat.claim({ ...settings, deviceClass });
    this.#limited?.claim({ deviceClass });
  }

  /**
   * Its model takes no more requests. What still waits goes with the foreground, also of a background model: others wait for its memory,
   * and it would else stay for as long as they keep the device busy (priority inheritance; Sha, Rajkumar and Lehoczky, 1990).
   */
  leave(settings: ModelSettings): void {
    this.#isLeaving = true;
    this.claim(settings);
  }

  /** Its model is unloaded. */
  close(): void {
    this.#limited?.close();
    this.#seat.close();
  }
}

function claimOf(config: RateLimiterConfig, { deviceClass, instanceCount }: ModelSettings) {
  return { config, deviceClass, instances: instanceCount };
}
