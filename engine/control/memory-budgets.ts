import { totalmem } from 'node:os';
import type { Logger } from '../base';
import type { DeviceMonitor } from '../devices';

/** Left for the system, the engine itself and what runs beside it. */
const CPU_SHARE = 0.8;
/** Left for the driver's own use and the screen. */
const GPU_SHARE = 0.9;

export interface DeviceBudget {
  /** Null: no limit. */
  readonly bytes: number | null;
  readonly note: string;
  /** By the operator. */
  readonly isGiven: boolean;
}

/**
 * What models may take of each device: what the operator said ("gpu:1" is the second GPU, whatever its id), else a share of what the
 * machine or its control group has, or of what the driver reports. A GPU whose driver reports nothing has no limit.
 */
export function createMemoryBudgets(
  given: ReadonlyMap<string, number | null>,
  monitor: Pick<DeviceMonitor, 'infos' | 'sample'>,
): (deviceId: string) => DeviceBudget {
  return (deviceId) => {
    const word = given.has(deviceId) ? deviceId : gpuWord(deviceId, monitor);
    const bytes = word === null ? undefined : given.get(word);
    if (bytes !== undefined) return { bytes, note: `--memory-budget ${word}`, isGiven: true };
    const reading = monitor.sample().find(({ id }) => id === deviceId)?.memoryTotalBytes.value ?? null;
    const total = deviceId === 'cpu' ? (reading ?? totalmem()) : reading;
    if (total === null)
      return { bytes: null, note: 'the device does not say how much it has', isGiven: false };
    const share = deviceId === 'cpu' ? CPU_SHARE : GPU_SHARE;
    return { bytes: Math.floor(total * share), note: `${share * 100} % of what it has`, isGiven: false };
  };
}

/** Says once which budgets are for devices that are not there. */
export function warnOfUnknownDevices(
  given: ReadonlyMap<string, number | null>,
  monitor: Pick<DeviceMonitor, 'infos'>,
  logger: Logger,
): void {
  const ids = ['simulated', ...monitor.infos().map(({ id }) => id)];
  const known = new Set([...ids, ...ids.flatMap((id) => gpuWord(id, monitor) ?? [])]);
  for (const device of given.keys())
    if (!known.has(device))
      logger.warn(
        `--memory-budget names "${device}", which is not there; devices are ${[...known].join(', ')}`,
      );
}

function gpuWord(deviceId: string, monitor: Pick<DeviceMonitor, 'infos'>): string | null {
  const at = monitor
    .infos()
    .filter(({ kind }) => kind === 'gpu')
    .findIndex(({ id }) => id === deviceId);
  return at < 0 ? null : `gpu:${at}`;
}
