import type { RateLimiterResource, ResourceLimit } from '../config';

/** What the operator says there is of each resource. */
export class ResourceLimits {
  readonly #given: readonly ResourceLimit[];
  readonly #wordOf: (deviceId: string) => string | null;

  /** @param wordOf another name of a device: "gpu:1" for the second GPU, whatever its id */
  constructor(given: readonly ResourceLimit[], wordOf: (deviceId: string) => string | null = () => null) {
    this.#given = given;
    this.#wordOf = wordOf;
  }

  /**
   * Null: nothing is said of any resource. As in Triton, one that is not among those given is then not there at all; what is given
   * for a device and what is given for each count as the larger of them; for a global resource the device is not looked at.
   */
  of({ name, global }: RateLimiterResource, deviceId: string): number | null {
    if (this.#given.length === 0) return null;
    const devices = [null, deviceId, this.#wordOf(deviceId)];
    const counts = this.#given
      .filter((given) => given.name === name && (global || devices.includes(given.device)))
      .map(({ count }) => count);
    return Math.max(0, ...counts);
  }
}
