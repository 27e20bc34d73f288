import type { DeviceShare } from '../contract';

/** What one version of a model takes of the device it runs on. */
export interface VersionShare extends DeviceShare {
  readonly deviceId: string;
  /** That serve now. */
  readonly instances: number;
}

/** What serves on one device. */
export interface DeviceUse {
  readonly instances: number;
  /** Ascending by name; the versions of a model are one share, as they have one weight. */
  readonly shares: readonly DeviceShare[];
}

/** Adds up by device, and within a device by model. */
export function deviceUseOf(versions: readonly VersionShare[]): ReadonlyMap<string, DeviceUse> {
  const byDevice = new Map<string, VersionShare[]>();
  for (const version of versions)
    byDevice.set(version.deviceId, [...(byDevice.get(version.deviceId) ?? []), version]);
  return new Map(
    [...byDevice].map(([id, its]) => [id, { instances: sumInstances(its), shares: merged(its) }]),
  );
}

const sumInstances = (versions: readonly VersionShare[]): number =>
  versions.reduce((sum, { instances }) => sum + instances, 0);

function merged(versions: readonly VersionShare[]): readonly DeviceShare[] {
  const models = new Map<string, DeviceShare>();
  for (const { model, weight, deviceClass, busyUs } of versions)
    models.set(model, { model, weight, deviceClass, busyUs: busyUs + (models.get(model)?.busyUs ?? 0) });
  return [...models.values()].sort((a, b) => a.model.localeCompare(b.model));
}
