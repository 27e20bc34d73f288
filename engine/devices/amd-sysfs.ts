import type { Reading } from '../contract';
import { firstHwmon } from './drm-folder';
import { type Files, readNumber } from './files';
import { type DeviceReadings, known, shareOfPercent, unknown } from './readings';

const MICRO = 1e-6;
const MILLI = 1e-3;

/**
 * One reading of an AMD GPU out of amdgpu's files (Linux documentation, "GPU Power/Thermal Controls and Monitoring").
 * @param folder the card's device folder, e.g. "/sys/class/drm/card0/device"
 */
export async function readAmdGpu(files: Files, id: string, folder: string): Promise<DeviceReadings> {
  const hwmon = await firstHwmon(files, folder);
  return {
    id,
    utilization: await reading(files, `${folder}/gpu_busy_percent`, shareOfPercent),
    memoryUsedBytes: await reading(files, `${folder}/mem_info_vram_used`, same),
    memoryTotalBytes: await reading(files, `${folder}/mem_info_vram_total`, same),
    powerWatts: await power(files, hwmon),
    temperatureCelsius: hwmon
      ? await reading(files, `${hwmon}/temp1_input`, (milli) => milli * MILLI)
      : unknown(NO_HWMON),
  };
}

const NO_HWMON = 'the driver offers no sensors (hwmon) for this GPU';

/** Older cards report a mean (power1_average), newer ones and APUs the instant (power1_input). */
async function power(files: Files, hwmon: string | null): Promise<Reading> {
  if (!hwmon) return unknown(NO_HWMON);
  const mean = await reading(files, `${hwmon}/power1_average`, (micro) => micro * MICRO);
  return mean.value === null ? reading(files, `${hwmon}/power1_input`, (micro) => micro * MICRO) : mean;
}

async function reading(files: Files, path: string, convert: (value: number) => number): Promise<Reading> {
  const read = await readNumber(files, path);
  return read.value === null ? unknown(read.reason) : known(convert(read.value));
}

function same(value: number): number {
  return value;
}
