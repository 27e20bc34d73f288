import type { DeviceSample } from '../contract';

const US_PER_SECOND = 1e6;
/** Longer without a reading, and nothing is known of the time between. */
const LONGEST_GAP_US = 5e6;

interface Meter {
  joules: number;
  atUs: number;
  watts: number;
}

/** Energy of each device since the engine started, summed up from its readings of power. */
export class DeviceEnergy {
  readonly #meters = new Map<string, Meter>();

  /** To be called at every reading; a device without a power reading pauses. */
  sample(samples: readonly DeviceSample[], nowUs: number): void {
    for (const { id, powerWatts } of samples) {
      const { value: watts } = powerWatts;
      if (watts === null) continue;
      const meter = this.#meters.get(id);
      if (!meter) {
        this.#meters.set(id, { joules: 0, atUs: nowUs, watts });
        continue;
      }
      const gapUs = nowUs - meter.atUs;
      if (gapUs <= LONGEST_GAP_US) meter.joules += ((meter.watts + watts) / 2) * (gapUs / US_PER_SECOND);
      meter.atUs = nowUs;
      meter.watts = watts;
    }
  }

  /** Joules; null when its power was never read. */
  of(deviceId: string): number | null {
    return this.#meters.get(deviceId)?.joules ?? null;
  }
}
