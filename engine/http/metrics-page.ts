import type { MetricsConfig } from '../config';
import type { DeviceSample, EngineStatus } from '../contract';
import { type DeviceEnergy, metricsPage } from '../metrics';
import type { ModelRegistry } from '../models';

const MS_PER_SECOND = 1000;

export interface MetricsPageSources {
  readonly status: () => EngineStatus;
  readonly registry: ModelRegistry;
  /** The newest readings; neither files nor tools are touched for them. */
  readonly deviceSamples: () => readonly DeviceSample[];
  readonly energy: DeviceEnergy;
}

/** Collects what there is to say at this instant, once per scrape, and writes it down. */
export function createMetricsPage(
  config: MetricsConfig,
  { status, registry, deviceSamples, energy }: MetricsPageSources,
): () => string {
  return () => {
    const { devices, startedAtMs, engineVersion } = status();
    const samples = new Map(deviceSamples().map((sample) => [sample.id, sample]));
    const models = registry.metrics();
    const { rss, heapUsed } = process.memoryUsage();
    const view = {
      models: models.map(({ model }) => model),
      versions: models.flatMap(({ versions }) => versions),
      devices: devices.flatMap((info) => {
        const sample = samples.get(info.id);
        return sample ? [{ info, sample, energyJoules: energy.of(info.id) }] : [];
      }),
      memory: registry.memory(devices.map(({ id }) => id)),
      process: {
        rssBytes: rss,
        heapUsedBytes: heapUsed,
        eventLoopBusySeconds: performance.eventLoopUtilization().active / MS_PER_SECOND,
        startedAtMs,
        version: engineVersion,
      },
    };
    return metricsPage(view, config);
  };
}
