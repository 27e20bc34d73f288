import { describe, expect, it } from 'vitest';
import { recorded } from './fixtures/recorded';
import { parseIoreg } from './ioreg';

describe('parseIoreg', () => {
  it('reads an Apple GPU, not mistaking the drivers own memory for the used one', () => {
    expect(parseIoreg(recorded('ioreg-apple-m1.txt'))).toEqual([
      {
        driver: 'AGXAcceleratorG13X',
        model: 'Apple M1 Pro',
        unified: true,
        utilization: { value: 0.42 },
        memoryUsedBytes: { value: 340_983_808 },
        memoryTotalBytes: { value: null, reason: expect.stringContaining('total memory') },
        powerWatts: { value: null, reason: expect.stringContaining('administrators') },
        temperatureCelsius: { value: null, reason: expect.stringContaining('administrators') },
      },
    ]);
  });

  it('reads several GPUs of an Intel Mac, holds what is above 100 %, and gives reasons for one without statistics', () => {
    const [intel, amd, silent] = parseIoreg(recorded('ioreg-intel-mac.txt'));
    expect(intel).toMatchObject({
      model: 'Intel(R) UHD Graphics 630',
      unified: false,
      utilization: { value: 1 },
    });
    expect(amd).toMatchObject({
      utilization: { value: 0.64 },
      memoryUsedBytes: { value: 2 ** 31 },
      memoryTotalBytes: { value: 2 ** 32 },
      powerWatts: { value: 38 },
      temperatureCelsius: { value: 71 },
    });
    expect(silent).toMatchObject({
      model: null,
      utilization: { value: null, reason: 'macOS shows no statistics of this GPU' },
    });
  });

  it('finds nothing in other text', () => {
    expect(parseIoreg('')).toEqual([]);
    expect(parseIoreg('ioreg: error: unrecognized option')).toEqual([]);
  });
});
