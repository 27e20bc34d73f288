import { describe, expect, it } from 'vitest';
import { FakeClock, flushPromises } from '../testing';
import { CpuSource } from './cpu-source';
import { cpuUtilization, parseProcStat, sumCpuTimes } from './cpu-times';
import { EnergyMeter } from './energy-meter';
import { keepingLogger } from './fixtures/fake-tools';
import { RecordedFiles, recorded } from './fixtures/recorded';
import { parseMemInfo, parseVmStat } from './memory-info';
import { spawnTool } from './tool-process';

const PERIOD_US = 500_000;
const STAT = (user: number, idle: number) => `cpu  ${user} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 1 2 3 4\n`;
const MEMINFO = 'MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:   12000000 kB\n';
const times = { user: 10, nice: 0, sys: 0, idle: 90, irq: 0 };

function machine(files: RecordedFiles, platform: NodeJS.Platform = 'linux') {
  const clock = new FakeClock();
  const source = new CpuSource({
    clock,
    logger: keepingLogger().logger,
    periodMs: PERIOD_US / 1000,
    platform,
    files,
    spawn: spawnTool,
    system: {
      cpus: () => Array.from({ length: 4 }, () => ({ model: 'Test CPU ', times })),
      totalMemoryBytes: () => 8000,
      freeMemoryBytes: () => 3000,
    },
  });
  /** A poll ends some promise turns after its time has come. */
  const tick = async () => {
    await clock.advance(PERIOD_US);
    for (let i = 0; i < 20; i++) await flushPromises();
  };
  const device = () => {
    const [first] = source.devices();
    if (!first) throw new Error('there is always a CPU');
    return first;
  };
  return { clock, source, tick, device };
}

const linux = () => new RecordedFiles().set('/proc/stat', STAT(100, 100)).set('/proc/meminfo', MEMINFO);

describe('CpuSource', () => {
  it('is one device from the beginning, with memory at once and utilisation after the second reading', async () => {
    const files = linux();
    const { source, tick, device } = machine(files);
    expect(device().info).toMatchObject({ id: 'cpu', kind: 'cpu', name: 'Test CPU (4 cores)', note: null });
    expect(device().readings.utilization).toMatchObject({
      value: null,
      reason: expect.stringContaining('second'),
    });
    await source.start();
    expect(device().readings.memoryUsedBytes).toEqual({ value: 4_000_000 * 1024 });
    expect(device().readings.utilization.value).toBeNull();
    files.set('/proc/stat', STAT(130, 170));
    await tick();
    expect(device().readings.utilization).toEqual({ value: 0.3 });
    await source.stop();
  });

  it('gives a reason, never 0, for sensors that are not there', async () => {
    const { source, device } = machine(linux());
    await source.start();
    expect(device().readings.temperatureCelsius).toMatchObject({
      value: null,
      reason: expect.stringContaining('sensor'),
    });
    expect(device().readings.powerWatts).toMatchObject({
      value: null,
      reason: expect.stringContaining('RAPL'),
    });
    await source.stop();
  });

  it('reads the package temperature and the power of all packages', async () => {
    const rapl = '/sys/class/powercap/intel-rapl';
    const files = linux()
      .set('/sys/class/hwmon/hwmon0/name', 'nvme\n')
      .set('/sys/class/hwmon/hwmon0/temp1_input', '30000\n')
      .set('/sys/class/hwmon/hwmon1/name', 'k10temp\n')
      .set('/sys/class/hwmon/hwmon1/temp1_input', '61250\n')
      .set(`${rapl}:0/max_energy_range_uj`, '1000000\n')
      .set(`${rapl}:0/energy_uj`, '900000\n')
      .set(`${rapl}:1/energy_uj`, '0\n')
      .set(`${rapl}:0:0/energy_uj`, '77\n');
    const { source, tick, device } = machine(files);
    await source.start();
    expect(device().readings.temperatureCelsius).toEqual({ value: 61.25 });
    files.set(`${rapl}:0/energy_uj`, '400000\n').set(`${rapl}:1/energy_uj`, '5000000\n');
    await tick();
    // 0.5 J (around the end of the counter) and 5 J in half a second.
    expect(device().readings.powerWatts).toEqual({ value: 11 });
    await source.stop();
  });

  it('prefers the surest thermal zone, and says when the energy counter is root only', async () => {
    const energy = '/sys/class/powercap/intel-rapl:0/energy_uj';
    const files = linux()
      .set('/sys/class/thermal/thermal_zone0/type', 'acpitz\n')
      .set('/sys/class/thermal/thermal_zone0/temp', '27800\n')
      .set('/sys/class/thermal/thermal_zone1/type', 'x86_pkg_temp\n')
      .set('/sys/class/thermal/thermal_zone1/temp', '55000\n')
      .fail(energy, 'EACCES')
      .set(energy, '');
    const { source, device } = machine(files);
    await source.start();
    expect(device().readings.temperatureCelsius).toEqual({ value: 55 });
    expect(device().readings.powerWatts).toMatchObject({
      value: null,
      reason: expect.stringContaining('only root'),
    });
    await source.stop();
  });

  it('measures against the quota and the limit of its container, and notes it', async () => {
    const files = RecordedFiles.from('cgroup-v2-container.txt')
      .set('/proc/stat', STAT(100, 100))
      .set('/proc/meminfo', MEMINFO);
    const { source, tick, device } = machine(files);
    await source.start();
    // 0.6 s of CPU time in half a second of a quota of 1.5 cores.
    files.set('/sys/fs/cgroup/cpu.stat', `usage_usec ${82_214_391 + 600_000}\n`);
    await tick();
    const { info, readings } = device();
    expect(readings.utilization.value).toBeCloseTo(0.8, 9);
    expect(readings.memoryTotalBytes).toEqual({ value: 4 * 1024 ** 3 });
    expect(info.note).toContain('1.5 cores');
    expect(info.note).toContain('4.0 GiB');
    await source.stop();
  });

  it('ignores a quota wider than the machine', async () => {
    const files = RecordedFiles.from('cgroup-v2-container.txt')
      .set('/sys/fs/cgroup/cpu.max', '800000 100000\n')
      .set('/sys/fs/cgroup/memory.max', 'max\n')
      .set('/proc/stat', STAT(100, 100))
      .set('/proc/meminfo', MEMINFO);
    const { source, device } = machine(files);
    await source.start();
    expect(device().info.note).toBeNull();
    expect(device().readings.memoryTotalBytes).toEqual({ value: 16_000_000 * 1024 });
    await source.stop();
  });

  it('says so when the system stops answering', async () => {
    const files = linux();
    const { source, tick, clock, device } = machine(files);
    await source.start();
    await tick();
    files.hang();
    await tick();
    await clock.advance(3 * PERIOD_US);
    expect(device().readings.memoryUsedBytes).toMatchObject({
      value: null,
      reason: expect.stringContaining('2 s'),
    });
    const stopping = source.stop();
    await clock.advance(2_000_000);
    await stopping;
  });

  it("falls back to Node's figures where there is no /proc", async () => {
    const { source, device } = machine(new RecordedFiles(), 'win32');
    await source.start();
    expect(device().readings).toMatchObject({
      memoryUsedBytes: { value: 5000 },
      memoryTotalBytes: { value: 8000 },
      powerWatts: { value: null, reason: expect.stringContaining('administrators') },
    });
    await source.stop();
  });
});

describe('figures of the processor', () => {
  it('counts stolen time as busy and waiting for disks as idle', () => {
    expect(parseProcStat('cpu  1 2 3 10 20 4 5 6 7 8\n')).toEqual({ busy: 21, total: 51 });
    expect(parseProcStat('intr 1 2 3')).toBeNull();
    expect(parseProcStat('cpu  a b\n')).toBeNull();
  });

  it('is a share of the time that passed, or nothing when none has', () => {
    expect(cpuUtilization({ busy: 0, total: 0 }, { busy: 25, total: 100 })).toBe(0.25);
    expect(cpuUtilization({ busy: 5, total: 9 }, { busy: 5, total: 9 })).toBeNull();
    expect(cpuUtilization({ busy: 0, total: 0 }, { busy: 7, total: 5 })).toBe(1);
    expect(sumCpuTimes([{ times }, { times }])).toEqual({ busy: 20, total: 200 });
  });

  it('reads memory of old kernels and of macOS', () => {
    expect(parseMemInfo('MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 25 kB\n')).toEqual({
      usedBytes: 60 * 1024,
      totalBytes: 100 * 1024,
    });
    expect(parseMemInfo('')).toBeNull();
    expect(parseVmStat(recorded('vm-stat.txt'))).toBe(470_000 * 16384);
    expect(parseVmStat('nonsense')).toBeNull();
  });

  it('does not guess the power when a counter of unknown range wraps around', () => {
    const meter = new EnergyMeter();
    expect(meter.watts(100, 0)).toBeNull();
    expect(meter.watts(50, 10)).toBeNull();
    expect(meter.watts(150, 20)).toBe(10);
  });
});
