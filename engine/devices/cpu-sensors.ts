import type { Reading } from '../contract';
import { EnergyMeter } from './energy-meter';
import { type Files, listOrNone, readNumber, readTextOrNull } from './files';
import { known, unknown } from './readings';

/** Drivers whose first temperature is that of the CPU package. */
const CPU_HWMON_NAMES = ['coretemp', 'k10temp', 'zenpower', 'cpu_thermal', 'cputemp', 'scpi_sensors'];
/** Thermal zones that are the CPU's, the surest first. `acpitz` is the board near it: better than nothing. */
const CPU_ZONE_TYPES = [
  /^x86_pkg_temp$/,
  /^cpu[-_]?thermal/i,
  /^cpu/i,
  /^soc[-_]?thermal/i,
  /^TCPU$/,
  /^acpitz$/,
];

const HWMON = '/sys/class/hwmon';
const THERMAL = '/sys/class/thermal';
const POWERCAP = '/sys/class/powercap';

/** The CPU's temperature and power on Linux, as far as the kernel shows them to an ordinary user. */
export class CpuSensors {
  #temperaturePath: string | null = null;
  readonly #packages: { path: string; meter: EnergyMeter }[] = [];

  constructor(private readonly files: Files) {}

  /** Finds the sensors. */
  async find(): Promise<void> {
    this.#temperaturePath = (await this.#hwmonPath()) ?? (await this.#zonePath());
    for (const name of await listOrNone(this.files, POWERCAP)) {
      // "intel-rapl:0" is a package (AMD's too), "intel-rapl:0:1" a part of it.
      if (!/^intel-rapl:\d+$/.test(name)) continue;
      const range = await readNumber(this.files, `${POWERCAP}/${name}/max_energy_range_uj`);
      this.#packages.push({ path: `${POWERCAP}/${name}/energy_uj`, meter: new EnergyMeter(range.value) });
    }
  }

  async temperature(): Promise<Reading> {
    if (this.#temperaturePath === null) {
      return unknown(
        'the kernel shows no CPU temperature sensor (virtual machines and containers rarely have one)',
      );
    }
    const read = await readNumber(this.files, this.#temperaturePath);
    return read.value === null ? unknown(read.reason) : known(read.value / 1000);
  }

  /** Power of all packages, from the RAPL energy counters. */
  async power(nowUs: number): Promise<Reading> {
    if (this.#packages.length === 0) return unknown(`the kernel shows no RAPL energy counter (${POWERCAP})`);
    let watts = 0;
    let measured = true;
    for (const { path, meter } of this.#packages) {
      const energy = await readNumber(this.files, path);
      if (energy.value === null) {
        return unknown(
          energy.code === 'EACCES' ? `only root may read the CPU's energy counter (${path})` : energy.reason,
        );
      }
      const share = meter.watts(energy.value, nowUs);
      if (share === null) measured = false;
      else watts += share;
    }
    return measured ? known(watts) : unknown('measuring: power is known after the second reading');
  }

  async #hwmonPath(): Promise<string | null> {
    for (const name of await listOrNone(this.files, HWMON)) {
      const driver = await readTextOrNull(this.files, `${HWMON}/${name}/name`);
      if (driver === null || !CPU_HWMON_NAMES.includes(driver)) continue;
      const path = `${HWMON}/${name}/temp1_input`;
      if ((await readNumber(this.files, path)).value !== null) return path;
    }
    return null;
  }

  async #zonePath(): Promise<string | null> {
    const zones: { type: string; path: string }[] = [];
    for (const name of await listOrNone(this.files, THERMAL)) {
      if (!name.startsWith('thermal_zone')) continue;
      const type = await readTextOrNull(this.files, `${THERMAL}/${name}/type`);
      if (type !== null) zones.push({ type, path: `${THERMAL}/${name}/temp` });
    }
    for (const pattern of CPU_ZONE_TYPES) {
      const zone = zones.find(({ type }) => pattern.test(type));
      if (zone && (await readNumber(this.files, zone.path)).value !== null) return zone.path;
    }
    return null;
  }
}
