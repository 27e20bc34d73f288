import { expect, test } from 'vitest';
import type { DeviceSample, Reading } from '../contract';
import { DeviceEnergy } from './device-energy';

const none: Reading = { value: null, reason: 'no sensor' };
const sample = (powerWatts: Reading): readonly DeviceSample[] => [
  {
    id: 'gpu',
    utilization: none,
    memoryUsedBytes: none,
    memoryTotalBytes: none,
    powerWatts,
    temperatureCelsius: none,
    busyUs: 0,
    instances: 0,
    shares: [],
  },
];
const watts = (value: number) => sample({ value });

test('energy is the power between readings, and nothing over a gap of which nothing is known', () => {
  const energy = new DeviceEnergy();
  energy.sample(sample(none), 0);
  expect(energy.of('gpu')).toBeNull();
  energy.sample(watts(100), 0);
  expect(energy.of('gpu')).toBe(0);
  energy.sample(watts(200), 1e6);
  expect(energy.of('gpu')).toBe(150);
  energy.sample(sample(none), 2e6);
  energy.sample(watts(200), 60e6);
  expect(energy.of('gpu')).toBe(150);
  energy.sample(watts(200), 60.5e6);
  expect(energy.of('gpu')).toBe(250);
});
