import type { ColdStartCounts, DeviceMemory } from '../contract';
import type { Family } from './family';

const MS_PER_SECOND = 1000;

function ofDeviceMemory(name: string, help: string, pick: (memory: DeviceMemory) => number | null): Family {
  return {
    name,
    type: 'gauge',
    unit: 'bytes',
    labels: ['device'],
    help,
    collect: ({ memory }, text) => {
      for (const one of memory) text.value({ device: one.deviceId }, pick(one));
    },
  };
}

function ofColdStarts(
  name: string,
  unit: string,
  help: string,
  pick: (counts: ColdStartCounts) => number,
): Family {
  return {
    name,
    type: 'counter',
    unit,
    labels: ['model'],
    help,
    collect: ({ models }, text) => {
      for (const { model, coldStarts } of models) text.value({ model }, pick(coldStarts));
    },
  };
}

/** Who has which device's memory, and what it costs to come back into it. */
export const MEMORY_FAMILIES: readonly Family[] = [
  ofDeviceMemory(
    'ferry_device_memory_budget_bytes',
    'What models may take of the device; no series without a limit',
    ({ budgetBytes }) => budgetBytes,
  ),
  ofDeviceMemory(
    'ferry_device_memory_reserved_bytes',
    'What the models that are loaded are counted with, by estimate or measurement',
    ({ reservedBytes }) => reservedBytes,
  ),
  ofColdStarts(
    'ferry_model_evictions_total',
    'evictions',
    'How often the model was unloaded to make room for another',
    ({ evictions }) => evictions,
  ),
  ofColdStarts(
    'ferry_model_cold_starts_total',
    'loads',
    'Loads of the model that a request had to wait for',
    ({ count }) => count,
  ),
  ofColdStarts(
    'ferry_model_cold_start_seconds_total',
    'seconds',
    'Time of those loads, from the first request that waited until the model served',
    ({ totalMs }) => totalMs / MS_PER_SECOND,
  ),
];
