import { describe, expect, it } from 'vitest';
import { FakeClock, flushPromises } from '../testing';
import { DrmSource } from './drm-source';
import { keepingLogger } from './fixtures/fake-tools';
import { RecordedFiles } from './fixtures/recorded';
import { pciDeviceName } from './pci-ids';
import { spawnTool } from './tool-process';

function watch(files: RecordedFiles) {
  const clock = new FakeClock();
  const source = new DrmSource({
    clock,
    logger: keepingLogger().logger,
    periodMs: 500,
    platform: 'linux',
    files,
    spawn: spawnTool,
    system: { cpus: () => [], totalMemoryBytes: () => 0, freeMemoryBytes: () => 0 },
  });
  const tick = async () => {
    await clock.advance(500_000);
    for (let i = 0; i < 20; i++) await flushPromises();
  };
  return { source, clock, tick };
}

describe('AMD GPUs in sysfs', () => {
  it('have names, readings in units of the contract, and ids in the order of their cards', async () => {
    const { source } = watch(RecordedFiles.from('amd-two-cards.txt'));
    await source.start();
    const [desktop, datacenter, ...others] = source.devices();
    expect(others).toEqual([]);
    expect(desktop?.info).toMatchObject({ id: 'amd:0', name: 'AMD Navi 31 [Radeon RX 7900 XT/7900 XTX]' });
    expect(desktop?.readings).toEqual({
      id: 'amd:0',
      utilization: { value: 0.73 },
      memoryUsedBytes: { value: 9_663_676_416 },
      memoryTotalBytes: { value: 25_753_026_560 },
      powerWatts: { value: 287 },
      temperatureCelsius: { value: 66 },
    });
    expect(datacenter?.info).toMatchObject({
      id: 'amd:1',
      name: 'AMD Instinct MI300X OAM',
      source: 'amdgpu sysfs',
    });
    expect(datacenter?.readings).toMatchObject({
      utilization: { value: null, reason: expect.stringContaining('gpu_busy_percent') },
      powerWatts: { value: 141 },
      temperatureCelsius: { value: null },
    });
    await source.stop();
  });

  it('tell a forbidden and a failing file from a missing one', async () => {
    const device = '/sys/class/drm/card0/device';
    const files = RecordedFiles.from('amd-two-cards.txt')
      .fail(`${device}/gpu_busy_percent`, 'EBUSY')
      .fail(`${device}/mem_info_vram_used`, 'EACCES')
      .set(`${device}/mem_info_vram_total`, 'oops\n');
    const { source } = watch(files);
    await source.start();
    expect(source.devices()[0]?.readings).toMatchObject({
      utilization: { value: null, reason: expect.stringContaining('EBUSY') },
      memoryUsedBytes: { value: null, reason: expect.stringContaining('no permission') },
      memoryTotalBytes: { value: null, reason: expect.stringContaining('"oops"') },
    });
    await source.stop();
  });

  it('are left asleep', async () => {
    const device = '/sys/class/drm/card0/device';
    const files = RecordedFiles.from('amd-two-cards.txt').set(
      `${device}/power/runtime_status`,
      'suspended\n',
    );
    const { source, tick } = watch(files);
    await source.start();
    expect(source.devices()[0]?.readings.utilization).toEqual({
      value: null,
      reason: expect.stringContaining('asleep'),
    });
    files.set(`${device}/power/runtime_status`, 'active\n');
    await tick();
    expect(source.devices()[0]?.readings.utilization).toEqual({ value: 0.73 });
    await source.stop();
  });
});

describe('Intel GPUs in sysfs', () => {
  it('show the share of time awake and the power after the second reading', async () => {
    const files = RecordedFiles.from('intel-arc.txt');
    const { source, tick } = watch(files);
    await source.start();
    const readings = () => source.devices()[0]?.readings;
    expect(source.devices()[0]?.info).toMatchObject({ id: 'intel:0', name: 'Intel GPU (PCI 8086:56a0)' });
    expect(source.devices()[0]?.info.note).toContain('upper bound');
    expect(readings()?.utilization.value).toBeNull();
    files.set('/sys/class/drm/card1/gt/gt0/rc6_residency_ms', '100200\n');
    files.set('/sys/class/drm/card1/device/hwmon/hwmon3/energy1_input', '5020000000\n');
    await tick();
    expect(readings()).toMatchObject({
      utilization: { value: 0.6 },
      powerWatts: { value: 40 },
      temperatureCelsius: { value: 51 },
      memoryTotalBytes: { value: 17_079_205_888 },
      memoryUsedBytes: { value: null, reason: expect.stringContaining('per process') },
    });
    await source.stop();
  });

  it('show no utilisation when the sleep state is off, because its counter stands still', async () => {
    const files = RecordedFiles.from('intel-arc.txt').set('/sys/class/drm/card1/gt/gt0/rc6_enable', '0\n');
    const { source, tick } = watch(files);
    await source.start();
    await tick();
    expect(source.devices()[0]?.readings.utilization).toMatchObject({
      value: null,
      reason: expect.stringContaining('rights'),
    });
    await source.stop();
  });
});

describe('DrmSource', () => {
  it('names an NVIDIA card whose tool is missing, without readings', async () => {
    const files = RecordedFiles.from('amd-two-cards.txt')
      .set('/sys/class/drm/card0/device/vendor', '0x10de\n')
      .set('/sys/class/drm/card0/device/device', '0x2684\n');
    const { source } = watch(files);
    await source.start();
    const [card] = source.devices();
    expect(card?.info).toMatchObject({ id: 'nvidia:0', name: 'NVIDIA AD102 [GeForce RTX 4090]' });
    expect(card?.info.note).toContain('nvidia-smi');
    expect(card?.readings.utilization.value).toBeNull();
    await source.stop();
  });

  it('has nothing to do on a machine without GPUs', async () => {
    const { source, clock } = watch(new RecordedFiles());
    await source.start();
    expect(source.devices()).toEqual([]);
    expect(clock.pending).toBe(0);
    await source.stop();
  });
});

describe('pciDeviceName', () => {
  const database = RecordedFiles.from('amd-two-cards.txt').readSync('/usr/share/misc/pci.ids');

  it('finds a device of the right vendor, past the boards below other devices', () => {
    expect(pciDeviceName(database, '1002', '744C')).toBe('Navi 31 [Radeon RX 7900 XT/7900 XTX]');
    expect(pciDeviceName(database, '1000', '744c')).toBe("Not this vendor's");
  });

  it('knows nothing of others', () => {
    expect(pciDeviceName(database, '1002', '2684')).toBeNull();
    expect(pciDeviceName(database, '1002', '0e3a')).toBeNull();
    expect(pciDeviceName(database, 'ffff', '744c')).toBeNull();
    expect(pciDeviceName('', '1002', '744c')).toBeNull();
  });
});
