import { describe, expect, test } from 'vitest';
import { deviceUseOf, type VersionShare } from './device-use';

const share = (model: string, deviceId: string, busyUs: number): VersionShare => ({
  model,
  deviceId,
  busyUs,
  weight: 2,
  deviceClass: 'foreground',
  instances: 3,
});

describe('deviceUseOf', () => {
  test('adds up the versions of a model, each device for itself, ascending by name', () => {
    const use = deviceUseOf([
      share('b', 'cpu', 5),
      share('a', 'cpu', 3),
      share('b', 'cpu', 7),
      share('b', 'gpu:0', 1),
    ]);
    const row = { weight: 2, deviceClass: 'foreground' };
    expect(use.get('cpu')).toEqual({
      instances: 9,
      shares: [
        { model: 'a', busyUs: 3, ...row },
        { model: 'b', busyUs: 12, ...row },
      ],
    });
    expect(use.get('gpu:0')).toEqual({ instances: 3, shares: [{ model: 'b', busyUs: 1, ...row }] });
  });
});
