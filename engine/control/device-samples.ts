import type { DeviceInfo, DeviceSample } from '../contract';
import type { DeviceMonitor } from '../devices';
import type { DeviceBusy } from '../metrics';
import type { ModelRegistry } from '../models';

const SIMULATED: DeviceInfo = {
  id: 'simulated',
  kind: 'simulated',
  name: 'Simulated device',
  source: 'cost curve',
  note: 'not a real device: it waits as long as its cost curve says',
};

/** The device on which sessions of an execution provider run. */
export function deviceOfProvider(provider: string, infos: readonly DeviceInfo[]): string {
  if (provider === 'cpu' || provider === 'simulated') return provider;
  const gpus = infos.filter((info) => info.kind === 'gpu');
  const wantsNvidia = provider === 'cuda' || provider === 'tensorrt';
  const nvidia = wantsNvidia ? gpus.find((info) => info.id.startsWith('nvidia')) : undefined;
  return (nvidia ?? gpus[0])?.id ?? 'cpu';
}

/** This machine's devices, and the one that does not exist. */
export function deviceInfos(monitor: DeviceMonitor): readonly DeviceInfo[] {
  return [...monitor.infos(), SIMULATED];
}

/** The driver's newest readings, with the engine's own busy time and instances beside them. */
export function sampleDevices(
  monitor: DeviceMonitor,
  registry: ModelRegistry,
  deviceBusy: DeviceBusy,
): readonly DeviceSample[] {
  const use = registry.deviceUse();
  const ours = (id: string) => ({
    busyUs: deviceBusy.of(id),
    instances: use.get(id)?.instances ?? 0,
    shares: use.get(id)?.shares ?? [],
  });
  const samples = monitor.sample().map((readings) => ({ ...readings, ...ours(readings.id) }));
  if (!use.has(SIMULATED.id)) return samples;
  const none = { value: null, reason: 'a simulated device has no driver; see its busy share' };
  const simulated: DeviceSample = {
    id: SIMULATED.id,
    utilization: none,
    memoryUsedBytes: none,
    memoryTotalBytes: none,
    powerWatts: none,
    temperatureCelsius: none,
    ...ours(SIMULATED.id),
  };
  return [...samples, simulated];
}
