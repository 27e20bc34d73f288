import type { DeviceInfo, DeviceSample, Reading } from '../contract';

/** What can be read from a device. The engine's own figures (`busyUs`, `instances`, `shares`) are added by whoever counts them. */
export type DeviceReadings = Omit<DeviceSample, 'busyUs' | 'instances' | 'shares'>;

export type Vendor = 'nvidia' | 'amd' | 'intel' | 'apple' | 'other';

/** One device with its newest readings. */
export interface Device {
  readonly info: DeviceInfo;
  readonly readings: DeviceReadings;
  /** Who made the chip: two sources may see the same NVIDIA card, and one of them knows more. */
  readonly vendor: Vendor;
}

export function known(value: number): Reading {
  return { value };
}

export function unknown(reason: string): Reading {
  return { value: null, reason };
}

/** Readings of a device of which nothing can be read, for one and the same reason. */
export function allUnknown(id: string, reason: string): DeviceReadings {
  const reading = unknown(reason);
  return {
    id,
    utilization: reading,
    memoryUsedBytes: reading,
    memoryTotalBytes: reading,
    powerWatts: reading,
    temperatureCelsius: reading,
  };
}

/** A percentage as a share. Drivers are seen to report above 100 %, so it is held to 0..1. */
export function shareOfPercent(percent: number): number {
  return Math.min(1, Math.max(0, percent / 100));
}
