import { describe, expect, test } from 'vitest';
import type { DeviceShare, MetricsSample } from '../../engine/contract';
import { currentShares } from './device-shares';

const at = (atMs: number, busyUs: Readonly<Record<string, number>>): MetricsSample => {
  const shares = Object.entries(busyUs).map(
    ([model, us]): DeviceShare => ({
      model,
      weight: model === 'b' ? 3 : 1,
      deviceClass: 'foreground',
      busyUs: us,
    }),
  );
  return { atMs, devices: [{ id: 'cpu', shares }] } as unknown as MetricsSample;
};
const shares = (samples: readonly MetricsSample[]) => currentShares(samples, 'cpu').map(({ share }) => share);

describe('shares of a device', () => {
  test('are parts of what was taken over the last seconds, with the weights', () => {
    const samples = [at(0, { a: 0, b: 0 }), at(10_000, { a: 900, b: 100 }), at(12_000, { a: 1_000, b: 400 })];
    expect(currentShares(samples, 'cpu')).toEqual([
      { model: 'a', weight: 1, deviceClass: 'foreground', share: 0.25 },
      { model: 'b', weight: 3, deviceClass: 'foreground', share: 0.75 },
    ]);
  });

  test('are unknown while nothing runs, and none of a device without models', () => {
    expect(shares([at(0, { a: 5 }), at(1_000, { a: 5 })])).toEqual([null]);
    expect(currentShares([at(0, {}), at(1_000, {})], 'nvidia-0')).toEqual([]);
    expect(shares([at(0, { a: 5 })])).toEqual([]);
  });

  test('count from nothing for a model that was loaded anew', () => {
    expect(shares([at(0, { a: 9_000, b: 100 }), at(1_000, { a: 300, b: 200 })])).toEqual([0.75, 0.25]);
  });
});
