import type { Reading } from '../contract';
import { firstHwmon } from './drm-folder';
import { EnergyMeter } from './energy-meter';
import { type Files, readNumber, readTextOrNull } from './files';
import { type DeviceReadings, known, unknown } from './readings';

/**
 * An Intel GPU (i915 or xe) out of the files that an ordinary user may read.
 *
 * Engine busyness proper needs perf events and with them more rights. What everyone may read is how long the GPU lay in
 * its sleep state (RC6), so utilisation here is the share of time in which it was awake: an upper bound of busy.
 */
export class IntelGpu {
  readonly #meter = new EnergyMeter();
  #before: { readonly idleMs: number; readonly atUs: number } | null = null;
  #utilization: Reading = unknown('measuring: utilisation is known after the second reading');

  /** @param card the card's folder, e.g. "/sys/class/drm/card0" */
  constructor(
    private readonly files: Files,
    private readonly id: string,
    private readonly card: string,
  ) {}

  async read(nowUs: number): Promise<DeviceReadings> {
    const hwmon = await firstHwmon(this.files, `${this.card}/device`);
    const total = await this.#first([`${this.card}/lmem_total_bytes`]);
    return {
      id: this.id,
      utilization: await this.#awakeShare(nowUs),
      memoryUsedBytes: unknown(
        total === null
          ? 'the driver shows no memory of its own for this GPU: it uses the system memory'
          : 'the driver shows the used memory per process only',
      ),
      memoryTotalBytes:
        total === null
          ? unknown('the driver shows no memory of its own for this GPU: it uses the system memory')
          : known(total),
      powerWatts: await this.#power(hwmon, nowUs),
      temperatureCelsius: await this.#temperature(hwmon),
    };
  }

  async #awakeShare(nowUs: number): Promise<Reading> {
    const idleMs = await this.#first([
      `${this.card}/gt/gt0/rc6_residency_ms`,
      `${this.card}/device/tile0/gt0/gtidle/idle_residency_ms`,
      `${this.card}/power/rc6_residency_ms`,
    ]);
    // Without the sleep state the counter stands still, which would look like a GPU that never rests.
    const sleeps = await readTextOrNull(this.files, `${this.card}/gt/gt0/rc6_enable`);
    if (idleMs === null || sleeps === '0') {
      return unknown('the driver shows engine busyness only with more rights (perf events)');
    }
    const before = this.#before;
    this.#before = { idleMs, atUs: nowUs };
    if (before && nowUs > before.atUs && idleMs >= before.idleMs) {
      const asleep = ((idleMs - before.idleMs) * 1000) / (nowUs - before.atUs);
      this.#utilization = known(Math.min(1, Math.max(0, 1 - asleep)));
    }
    return this.#utilization;
  }

  async #power(hwmon: string | null, nowUs: number): Promise<Reading> {
    const microjoules = hwmon === null ? null : await this.#first([`${hwmon}/energy1_input`]);
    if (microjoules === null)
      return unknown('the driver offers no power sensor for this GPU (integrated ones have none)');
    const watts = this.#meter.watts(microjoules, nowUs);
    return watts === null ? unknown('measuring: power is known after the second reading') : known(watts);
  }

  /** i915 names the package sensor temp1, xe temp2. */
  async #temperature(hwmon: string | null): Promise<Reading> {
    const milli = hwmon === null ? null : await this.#first([`${hwmon}/temp1_input`, `${hwmon}/temp2_input`]);
    return milli === null
      ? unknown('the driver offers no temperature sensor for this GPU (integrated ones have none)')
      : known(milli / 1000);
  }

  async #first(paths: readonly string[]): Promise<number | null> {
    for (const path of paths) {
      const { value } = await readNumber(this.files, path);
      if (value !== null) return value;
    }
    return null;
  }
}
