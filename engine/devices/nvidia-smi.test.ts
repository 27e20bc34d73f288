import { describe, expect, it } from 'vitest';
import { recorded } from './fixtures/recorded';
import { explainNvidiaFailure, nvidiaSmiArgs, parseNvidiaSmiLine, unknownFieldOf } from './nvidia-smi';

const MIB = 1024 * 1024;
const gpusOf = (fixture: string) =>
  recorded(fixture)
    .split('\n')
    .map((line) => parseNvidiaSmiLine(line, true))
    .filter((gpu) => gpu !== null);

describe('parseNvidiaSmiLine', () => {
  it('reads several GPUs in units of the contract', () => {
    const gpus = gpusOf('nvidia-smi-two-gpus.txt');
    expect(gpus.map(({ index }) => index)).toEqual([0, 1, 0, 1]);
    expect(gpus[0]).toEqual({
      index: 0,
      uuid: 'GPU-67a571b1-79ee-1016-8ea3-c1fff3f1c1d2',
      name: 'NVIDIA GeForce RTX 4090',
      mig: false,
      utilization: { value: 0.87 },
      memoryUsedBytes: { value: 18234 * MIB },
      memoryTotalBytes: { value: 24564 * MIB },
      powerWatts: { value: 312.45 },
      temperatureCelsius: { value: 64 },
    });
    expect(gpus[1]?.utilization).toEqual({ value: 0 });
  });

  it('says MIG where utilisation is missing because of MIG, and keeps the other figures', () => {
    const [shown, hidden, off] = gpusOf('nvidia-smi-mig.txt');
    expect(shown?.utilization).toEqual({ value: null, reason: expect.stringContaining('MIG') });
    expect(shown?.memoryUsedBytes).toEqual({ value: 36537 * MIB });
    expect(shown?.temperatureCelsius).toEqual({ value: 33 });
    expect(hidden?.memoryUsedBytes).toEqual({ value: null, reason: expect.stringContaining('rights') });
    expect(off).toMatchObject({ mig: false, utilization: { value: 0.41 } });
  });

  it('never turns a word into a number, and gives each its own reason', () => {
    const [unified, old, failing, lost] = gpusOf('nvidia-smi-not-available.txt');
    expect(unified).toMatchObject({
      utilization: { value: 0.02 },
      memoryTotalBytes: { value: null, reason: expect.stringContaining('shares the system memory') },
    });
    expect(old).toMatchObject({
      utilization: { value: null, reason: expect.not.stringContaining('MIG') },
      powerWatts: { value: null, reason: expect.stringContaining('power sensor') },
      temperatureCelsius: { value: 52 },
    });
    expect(failing).toMatchObject({
      utilization: { value: null, reason: expect.stringContaining('Unknown Error') },
      powerWatts: { value: null, reason: expect.stringContaining('ERR!') },
      memoryUsedBytes: { value: 512 * MIB },
    });
    expect(lost?.utilization).toEqual({ value: null, reason: expect.stringContaining('lost') });
  });

  it('takes an unforeseen word and an empty cell as reasons', () => {
    const line = '0, GPU-1, X, [Requires Coffee], , 1, 1, 1, [N/A]';
    expect(parseNvidiaSmiLine(line, true)).toMatchObject({
      utilization: { value: null, reason: expect.stringContaining('Requires Coffee') },
      memoryUsedBytes: { value: null },
    });
  });

  it('reads a name with a comma, and a driver without the MIG field', () => {
    expect(parseNvidiaSmiLine('0, GPU-1, Quadro, Special, 5, 1, 2, 3, 4', false)).toMatchObject({
      name: 'Quadro, Special',
      utilization: { value: 0.05 },
      temperatureCelsius: { value: 4 },
    });
  });

  it('refuses messages, banners and cut lines', () => {
    const lines = recorded('nvidia-smi-died-mid-stream.txt').split('\n');
    expect(lines.map((line) => parseNvidiaSmiLine(line, true) !== null)).toEqual([true, true, false, false]);
    for (const line of recorded('nvidia-smi-driver-mismatch.txt').split('\n')) {
      expect(parseNvidiaSmiLine(line, true)).toBeNull();
    }
    expect(parseNvidiaSmiLine('a, b, c, d, e, f, g, h, i', true)).toBeNull();
  });
});

describe('messages of nvidia-smi', () => {
  it('finds the field that an old driver lacks', () => {
    const [line = ''] = recorded('nvidia-smi-unknown-field.txt').split('\n');
    expect(unknownFieldOf(line)).toBe('mig.mode.current');
    expect(unknownFieldOf('No devices were found')).toBeNull();
  });

  it('tells what to do about a driver mismatch, and leaves other words alone', () => {
    expect(explainNvidiaFailure(recorded('nvidia-smi-driver-mismatch.txt'))).toContain('restart the machine');
    expect(explainNvidiaFailure('something else')).toBe('something else');
  });

  it('asks for the period and leaves the MIG field out when told', () => {
    expect(nvidiaSmiArgs(250, false)).toEqual([
      '--query-gpu=index,uuid,name,utilization.gpu,memory.used,memory.total,power.draw,temperature.gpu',
      '--format=csv,noheader,nounits',
      '-lms',
      '250',
    ]);
    expect(nvidiaSmiArgs(500, true)[0]).toMatch(/temperature\.gpu,mig\.mode\.current$/);
  });
});
