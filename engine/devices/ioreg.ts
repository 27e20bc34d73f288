import type { Reading } from '../contract';
import { known, shareOfPercent, unknown } from './readings';

/** Asks for the GPUs' entries with their properties and nothing below them; needs no extra rights. */
export const IOREG_ARGS = ['-r', '-d', '1', '-w', '0', '-c', 'IOAccelerator'] as const;

/** One accelerator as the I/O registry shows it. */
export interface IoregGpu {
  /** Class of the driver, "AGXAcceleratorG13X". */
  readonly driver: string;
  /** "Apple M1 Pro", or null where the entry does not say. */
  readonly model: string | null;
  /** True for Apple's own GPUs, which work in the system's memory. */
  readonly unified: boolean;
  readonly utilization: Reading;
  readonly memoryUsedBytes: Reading;
  /** The GPU's own memory; for a unified one the caller knows the total. */
  readonly memoryTotalBytes: Reading;
  readonly powerWatts: Reading;
  readonly temperatureCelsius: Reading;
}

/** Pure: every accelerator in the output of ioreg. Text that is none of its output gives none. */
export function parseIoreg(text: string): IoregGpu[] {
  return text
    .split(/^\+-o /m)
    .slice(1)
    .map(parseEntry);
}

function parseEntry(entry: string): IoregGpu {
  const driver = /^(\S+)/.exec(entry)?.[1] ?? 'unknown';
  const statistics = /"PerformanceStatistics" = \{([^\n]*)\}/.exec(entry)?.[1] ?? null;
  const model = /"model" = (?:"([^"]*)"|<"([^"]*)">)/.exec(entry);
  const unified = /^AGX/.test(driver);
  const figure = (key: string) => (statistics === null ? null : numberOf(statistics, key));
  const busyPercent = figure('Device Utilization %') ?? figure('GPU Activity(%)');
  const vramUsed = figure('vramUsedBytes');
  const vramFree = figure('vramFreeBytes');
  const used = unified ? figure('In use system memory') : (vramUsed ?? figure('In use system memory'));
  const missing = (what: string) =>
    unknown(
      statistics === null ? 'macOS shows no statistics of this GPU' : `macOS shows no ${what} of this GPU`,
    );
  return {
    driver,
    model: model?.[1] ?? model?.[2] ?? null,
    unified,
    utilization: busyPercent === null ? missing('utilisation') : known(shareOfPercent(busyPercent)),
    memoryUsedBytes: used === null ? missing('used memory') : known(used),
    memoryTotalBytes:
      vramUsed === null || vramFree === null ? missing('total memory') : known(vramUsed + vramFree),
    powerWatts: withoutRights(figure('Total Power(W)'), 'power'),
    temperatureCelsius: withoutRights(figure('Temperature(C)'), 'temperature'),
  };
}

function numberOf(statistics: string, key: string): number | null {
  // The key with its quotes: "In use system memory" is also the beginning of "In use system memory (driver)".
  const at = statistics.indexOf(`"${key}"=`);
  const digits = at < 0 ? null : /^\d+/.exec(statistics.slice(at + key.length + 3));
  return digits ? Number(digits[0]) : null;
}

function withoutRights(value: number | null, what: string): Reading {
  return value === null ? unknown(`macOS shows the GPU's ${what} to administrators only`) : known(value);
}
