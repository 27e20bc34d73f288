import { totalmem } from 'node:os';
import { invalid, type Logger } from '../base';
import { memoryBudgetSchema, memoryBudgetsOf } from '../config';
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

/**
 * Budgets by device id as words like "cpu=4GiB" or "gpu:0=none" change them while the engine runs.
 * Errors: INVALID_ARGUMENT naming all words that are wrong and all devices that are not there.
 */
export function changedBudgets(
  words: readonly string[],
  monitor: Pick<DeviceMonitor, 'infos'>,
): ReadonlyMap<string, DeviceBudget> {
  const checked = memoryBudgetSchema.safeParse(words);
  const faults = checked.success
    ? []
    : checked.error.issues.map(({ path: [at], message }) => {
        const word = typeof at === 'number' ? words[at] : undefined;
        return `memory budget${word === undefined ? '' : ` "${word.slice(0, 60)}"`} ${message}`;
      });
  const known = knownDevices(monitor);
  const changed = new Map<string, DeviceBudget>();
  for (const [word, bytes] of memoryBudgetsOf(words)) {
    const deviceId = known.get(word);
    if (deviceId === undefined)
      faults.push(
        `memory budget names "${word}", which is not there; devices are ${[...known.keys()].join(', ')}`,
      );
    else if (changed.has(deviceId)) faults.push(`memory budget names ${deviceId} twice`);
    else changed.set(deviceId, { bytes, note: `memory budget ${word}`, isGiven: true });
  }
  if (faults.length > 0) throw invalid(faults.join('; '));
  return changed;
}

/** Says once which devices an option names that are not there. */
export function warnOfUnknownDevices(
  option: string,
  devices: Iterable<string>,
  monitor: Pick<DeviceMonitor, 'infos'>,
  logger: Logger,
): void {
  const known = knownDevices(monitor);
  for (const device of devices)
    if (!known.has(device))
      logger.warn(
        `${option} names "${device}", which is not there; devices are ${[...known.keys()].join(', ')}`,
      );
}

/** Ids of devices by all that they are called. */
function knownDevices(monitor: Pick<DeviceMonitor, 'infos'>): ReadonlyMap<string, string> {
  const ids = ['simulated', ...monitor.infos().map(({ id }) => id)];
  const words = ids.flatMap((id) => {
    const word = gpuWord(id, monitor);
    return word === null ? [] : [[word, id] as const];
  });
  return new Map([...ids.map((id) => [id, id] as const), ...words]);
}

/** "gpu:1" for the second GPU, whatever its id; null for what is none. */
export function gpuWord(deviceId: string, monitor: Pick<DeviceMonitor, 'infos'>): string | null {
  const at = monitor
    .infos()
    .filter(({ kind }) => kind === 'gpu')
    .findIndex(({ id }) => id === deviceId);
  return at < 0 ? null : `gpu:${at}`;
}
