import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing';
import { createDeviceMonitor, type DeviceMonitor, type DeviceMonitorOptions } from './device-monitor';
import { FakeNvidiaSmi, keepingLogger } from './fixtures/fake-tools';
import { RecordedFiles, recorded } from './fixtures/recorded';
import { spawnTool } from './tool-process';

const system = {
  cpus: () => [{ model: 'Test CPU', times: { user: 1, nice: 0, sys: 0, idle: 9, irq: 0 } }],
  totalMemoryBytes: () => 16e9,
  freeMemoryBytes: () => 4e9,
};
const ending: DeviceMonitor[] = [];

function monitor(options: Partial<DeviceMonitorOptions>) {
  const clock = new FakeClock();
  const files = new RecordedFiles();
  const { logger, entries } = keepingLogger();
  const made = createDeviceMonitor({
    clock,
    logger,
    periodMs: 100,
    system,
    readFile: files.read,
    readDir: files.list,
    ...options,
  });
  ending.push(made);
  return { clock, entries, devices: made };
}

/** A program that prints `text`, and goes on running when told. */
function printing(text: string, stays: boolean): (command: string) => ChildProcess {
  const script = `process.stdout.write(${JSON.stringify(text)});${stays ? 'setInterval(() => {}, 1000)' : ''}`;
  return () => spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
}

afterEach(async () => {
  await Promise.all(ending.splice(0).map((each) => each.stop()));
});

describe('createDeviceMonitor', () => {
  it('has the CPU and nothing else, and tells nobody, on a machine without GPUs or their tools', async () => {
    const { devices, entries } = monitor({
      platform: 'linux',
      spawn: () => spawnTool('/no/such/nvidia-smi', []),
    });
    await devices.start();
    expect(devices.infos().map(({ id }) => id)).toEqual(['cpu']);
    expect(devices.sample().map(({ id }) => id)).toEqual(['cpu']);
    expect(entries).toEqual([]);
  });

  it('is up in bounded time when a driver does not answer, and shows its devices when it does', async () => {
    const tool = new FakeNvidiaSmi(['silent', 'streams']);
    const { devices, clock } = monitor({ platform: 'linux', spawn: tool.spawn, startLimitMs: 3000 });
    let up = false;
    const starting = devices.start().then(() => {
      up = true;
    });
    await clock.advance(2_999_000);
    expect(up).toBe(false);
    await clock.advance(1_000);
    await starting;
    expect(devices.infos()).toHaveLength(1);
    await clock.advance(17_000_000);
    await tool.until(() => tool.closed === 1);
    await clock.advance(1_000_000);
    await tool.until(() => devices.infos().length === 3);
    expect(devices.infos().map(({ id }) => id)).toEqual(['cpu', 'nvidia:0', 'nvidia:1']);
  });

  it('names an NVIDIA card once: through nvidia-smi where that speaks, else as Linux shows it', async () => {
    const files = new RecordedFiles()
      .set('/sys/class/drm/card0/device/vendor', '0x10de\n')
      .set('/sys/class/drm/card1/device/vendor', '0x1002\n');
    const where = { platform: 'linux', readFile: files.read, readDir: files.list } as const;
    const speaking = monitor({ ...where, spawn: new FakeNvidiaSmi(['streams']).spawn }).devices;
    await speaking.start();
    expect(speaking.infos().map(({ id }) => id)).toEqual(['cpu', 'nvidia:0', 'nvidia:1', 'amd:0']);
    const missing = monitor({ ...where, spawn: () => spawnTool('/no/such/nvidia-smi', []) }).devices;
    await missing.start();
    expect(missing.infos().map(({ id, source }) => [id, source])).toEqual([
      ['cpu', 'os'],
      ['nvidia:0', 'drm sysfs'],
      ['amd:0', 'amdgpu sysfs'],
    ]);
  });

  it('shows the GPU of a Mac with the memory it shares', async () => {
    const vmStat = printing(recorded('vm-stat.txt'), false);
    const ioreg = printing(recorded('ioreg-apple-m1.txt'), false);
    const { devices } = monitor({
      platform: 'darwin',
      spawn: (command) => (command.endsWith('ioreg') ? ioreg : vmStat)(command),
    });
    await devices.start();
    const [cpu, gpu] = devices.sample();
    expect(cpu?.memoryUsedBytes).toEqual({ value: 470_000 * 16384 });
    expect(gpu).toMatchObject({
      id: 'apple:0',
      utilization: { value: 0.42 },
      memoryTotalBytes: { value: 16e9 },
    });
    expect(devices.infos()[1]).toMatchObject({
      name: 'Apple M1 Pro',
      note: expect.stringContaining('unified'),
    });
  });

  it('tells once and goes on when a Mac has no ioreg', async () => {
    const { devices, entries } = monitor({
      platform: 'darwin',
      spawn: () => spawnTool('/no/such/ioreg', []),
    });
    await devices.start();
    expect(devices.infos().map(({ id }) => id)).toEqual(['cpu']);
    expect(entries.map(({ level }) => level)).toEqual(['warn']);
  });

  it('shows the real adapters of Windows, and leaves out virtual and software ones', async () => {
    const counters = printing(recorded('windows-round.txt'), true);
    const { devices, clock } = monitor({
      platform: 'win32',
      spawn: (command) =>
        command.startsWith('powershell') ? counters(command) : spawnTool('/no/such/nvidia-smi', []),
    });
    await devices.start();
    expect(devices.infos().map(({ id, name }) => [id, name])).toEqual([
      ['cpu', 'Test CPU (1 core)'],
      ['gpu:0x0000f814', 'NVIDIA GeForce RTX 3080'],
      ['gpu:0x0001532a', 'AMD Radeon(TM) 8060S Graphics'],
    ]);
    expect(devices.sample()[2]).toMatchObject({
      utilization: { value: 0.6125 },
      memoryUsedBytes: { value: 1_016_836_096 },
      memoryTotalBytes: { value: 8_589_934_592 },
      powerWatts: { value: null, reason: expect.stringContaining('no counter') },
    });
    await clock.advance(6_000_001);
    expect(devices.sample()[2]?.utilization).toMatchObject({
      value: null,
      reason: expect.stringContaining('6 s'),
    });
  });

  it('gives finite figures on this very machine', async () => {
    const { devices, clock } = monitor({
      platform: process.platform,
      readFile: undefined,
      readDir: undefined,
      system: undefined,
    });
    const starting = devices.start();
    await starting;
    await clock.advance(0);
    const [cpu] = devices.sample();
    const total = cpu?.memoryTotalBytes.value ?? Number.NaN;
    expect(total).toBeGreaterThan(0);
    expect(cpu?.memoryUsedBytes.value).toBeLessThanOrEqual(total);
  });
});
