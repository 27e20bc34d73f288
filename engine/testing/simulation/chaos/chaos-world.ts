import { DeviceArbiters } from '../../../batching';
import { DeviceBusy } from '../../../metrics';
import type { NamedTensor } from '../../../tensor';
import type { Random } from '../random';
import { VirtualClock } from '../virtual-clock';
import { ChaosMemory } from './chaos-memory';
import { DeviceWatch, TOKENS } from './device-watch';
import { Ledger } from './ledger';
import { type VirtualDevice, virtualDevice } from './virtual-instance';

/** What the models of one run share. */
export interface ChaosWorld {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  readonly device: VirtualDevice;
  readonly deviceBusy: DeviceBusy;
  readonly arbiters: DeviceArbiters;
  readonly watch: DeviceWatch;
  readonly memory: ChaosMemory;
  readonly nextBatchId: () => number;
  /** Spoils what instances answer: to see that it is noticed. */
  readonly tamper?: (outputs: readonly NamedTensor[]) => readonly NamedTensor[];
}

/** @param random what becomes of batches and how long they take */
export function chaosWorld(random: Random, tamper?: ChaosWorld['tamper']): ChaosWorld {
  const clock = new VirtualClock();
  const ledger = new Ledger(clock);
  let batchId = 0;
  return {
    clock,
    ledger,
    device: virtualDevice(clock, random),
    deviceBusy: new DeviceBusy(),
    arbiters: new DeviceArbiters(clock, TOKENS + 1),
    watch: new DeviceWatch(ledger),
    memory: new ChaosMemory(clock, ledger),
    nextBatchId: () => ++batchId,
    ...(tamper && { tamper }),
  };
}
