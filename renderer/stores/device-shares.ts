import type { DeviceShare, MetricsSample } from '../../engine/contract';

/** What a model took of a device over the last seconds. */
export interface CurrentShare extends Pick<DeviceShare, 'model' | 'weight' | 'deviceClass'> {
  /** Of the time that all models took of it, 0 to 1; null while none took any. */
  readonly share: number | null;
}

/** Long enough to see who gets what where single batches take a second. */
const SPAN_MS = 5_000;

/** How the models of a device shared it over the last seconds. Empty before there are two samples, and where no model serves. */
export function currentShares(samples: readonly MetricsSample[], deviceId: string): readonly CurrentShare[] {
  const later = samples.at(-1);
  if (!later) return [];
  const earlier = samples.find((sample) => later.atMs - sample.atMs <= SPAN_MS);
  if (!earlier || earlier === later) return [];
  const before = new Map(sharesOf(earlier, deviceId).map(({ model, busyUs }) => [model, busyUs]));
  const taken = sharesOf(later, deviceId).map((share) => {
    const since = share.busyUs - (before.get(share.model) ?? share.busyUs);
    // A count that went back belongs to a model loaded anew: all of it happened since.
    return { ...share, tookUs: since >= 0 ? since : share.busyUs };
  });
  const totalUs = taken.reduce((sum, { tookUs }) => sum + tookUs, 0);
  return taken.map(({ model, weight, deviceClass, tookUs }) => ({
    model,
    weight,
    deviceClass,
    share: totalUs > 0 ? tookUs / totalUs : null,
  }));
}

const sharesOf = (sample: MetricsSample, deviceId: string): readonly DeviceShare[] =>
  sample.devices.find(({ id }) => id === deviceId)?.shares ?? [];
