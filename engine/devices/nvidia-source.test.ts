import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing';
import { FakeNvidiaSmi, keepingLogger } from './fixtures/fake-tools';
import { RecordedFiles } from './fixtures/recorded';
import { NvidiaSource } from './nvidia-source';

const PERIOD_MS = 20;
const SECOND_US = 1_000_000;
const ending: (() => Promise<void>)[] = [];

function watch(...scenarios: string[]) {
  const clock = new FakeClock();
  const tool = new FakeNvidiaSmi(scenarios);
  const { logger, entries } = keepingLogger();
  const source = new NvidiaSource({
    clock,
    logger,
    periodMs: PERIOD_MS,
    platform: 'linux',
    files: new RecordedFiles(),
    spawn: tool.spawn,
    system: { cpus: () => [], totalMemoryBytes: () => 0, freeMemoryBytes: () => 0 },
  });
  ending.push(() => source.stop());
  const percentages = () => source.devices().map(({ readings }) => readings.utilization.value);
  const reason = () => {
    const utilization = source.devices()[0]?.readings.utilization;
    return utilization?.value === null ? utilization.reason : null;
  };
  return { clock, tool, source, entries, percentages, reason };
}

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

describe('NvidiaSource on a real child process', () => {
  it('shows every GPU after start, and leaves no child after stop', async () => {
    const { source, tool } = watch('streams');
    await source.start();
    expect(source.devices().map(({ info }) => [info.id, info.name, info.source])).toEqual([
      ['nvidia:0', 'NVIDIA GeForce RTX 4090', 'nvidia-smi'],
      ['nvidia:1', 'NVIDIA GeForce RTX 4090', 'nvidia-smi'],
    ]);
    expect(source.devices()[1]?.readings).toEqual({
      id: 'nvidia:1',
      utilization: { value: 0.5 },
      memoryUsedBytes: { value: 2000 * 1024 ** 2 },
      memoryTotalBytes: { value: 24564 * 1024 ** 2 },
      powerWatts: { value: 100 },
      temperatureCelsius: { value: 40 },
    });
    await source.stop();
    expect(tool.children).toHaveLength(1);
    expect(tool.allGone).toBe(true);
  });

  it('loses its readings with the reason when the tool dies mid-stream, after three periods', async () => {
    const { source, tool, clock, percentages, reason } = watch('dies', 'silent');
    await source.start();
    await tool.until(() => tool.closed === 1);
    // What was read just now still holds; the cut last line (7 %) never counts.
    expect(percentages()).toEqual([0.75, 0.75]);
    await clock.advance(3 * PERIOD_MS * 1000);
    expect(percentages()).toEqual([0.75, 0.75]);
    await clock.advance(1);
    expect(percentages()).toEqual([null, null]);
    expect(reason()).toContain('exit code 15');
    expect(reason()).toContain('Unable to determine the device handle');
    expect(source.devices()[0]?.info).toMatchObject({ id: 'nvidia:0', note: reason() });
  });

  it('starts the tool again with back-off, and the readings come back', async () => {
    const { source, tool, clock, percentages } = watch('dies', 'dies', 'streams');
    await source.start();
    await tool.until(() => tool.closed === 1);
    await clock.advance(SECOND_US - 1);
    expect(tool.children).toHaveLength(1);
    await clock.advance(1);
    expect(tool.children).toHaveLength(2);
    await tool.until(() => tool.closed === 2);
    await clock.advance(2 * SECOND_US - 1);
    expect(tool.children).toHaveLength(2);
    await clock.advance(1);
    expect(tool.children).toHaveLength(3);
    await tool.until(() => percentages()[0] === 0.5);
    expect(percentages()).toEqual([0.5, 0.5]);
  });

  it('keeps saying why while the tool is started again and says nothing yet', async () => {
    const { source, tool, clock, reason } = watch('dies', 'silent');
    await source.start();
    await tool.until(() => tool.closed === 1);
    await clock.advance(SECOND_US);
    expect(tool.children).toHaveLength(2);
    expect(reason()).toContain('exit code 15');
  });

  it('tells a failure once in the log, however often it comes back', async () => {
    const { source, tool, clock, entries } = watch('mismatch');
    await source.start();
    for (let round = 1; round <= 3; round++) {
      await tool.until(() => tool.closed === round);
      await clock.advance(4 * SECOND_US);
    }
    expect(entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('shows one device with the advice when the driver does not fit its library', async () => {
    const { source } = watch('mismatch');
    await source.start();
    const [device] = source.devices();
    expect(device?.info).toMatchObject({ id: 'nvidia', kind: 'gpu' });
    expect(device?.info.note).toContain('Driver/library version mismatch NVML library version: 550.144');
    expect(device?.info.note).toContain('restart the machine');
    expect(device?.readings.memoryTotalBytes.value).toBeNull();
  });

  it('shows no device when the driver finds none', async () => {
    const { source } = watch('no-devices');
    await source.start();
    expect(source.devices()).toEqual([]);
  });

  it('asks again at once without the field that an old driver lacks, and tells nobody', async () => {
    const { source, tool, entries, percentages } = watch('old-driver');
    await source.start();
    expect(percentages()).toEqual([0.5, 0.5]);
    expect(tool.children).toHaveLength(2);
    expect(entries).toEqual([]);
  });

  it('takes a tool that falls silent for hung, ends it and starts another', async () => {
    const { source, tool, clock, percentages } = watch('silent', 'streams');
    const started = source.start();
    await clock.advance(20 * SECOND_US);
    await started;
    await tool.until(() => tool.closed === 1);
    expect(source.devices()[0]?.info.note).toContain('said nothing for 20 s');
    await clock.advance(SECOND_US);
    await tool.until(() => percentages()[0] === 0.5);
  });

  it('kills a tool that does not go when asked', async () => {
    const { source, tool, clock } = watch('ignores-sigterm');
    await source.start();
    const stopping = source.stop();
    await clock.advance(SECOND_US);
    await stopping;
    expect(tool.children[0]?.signalCode).toBe('SIGKILL');
  });
});
