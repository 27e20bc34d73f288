import { describe, expect, it } from 'vitest';
import { cpuBudget } from './cpu-budget';
import { RecordedFiles } from './fixtures/recorded';

const budget = (files: RecordedFiles, cores: number, platform: NodeJS.Platform = 'linux') =>
  cpuBudget({ platform, readFileSync: files.readSync, availableParallelism: () => cores });

describe('cpuBudget', () => {
  it('is the number of cores of the affinity mask without control groups', () => {
    expect(budget(new RecordedFiles(), 6)).toBe(6);
  });

  it('honours the quota of a version 2 container, a part of a core counting as none', () => {
    expect(budget(RecordedFiles.from('cgroup-v2-container.txt'), 16)).toBe(1);
  });

  it('honours a quota that an ancestor has', () => {
    expect(budget(RecordedFiles.from('cgroup-v2-service.txt'), 16)).toBe(2);
  });

  it('honours the quota of a version 1 container that sees only its own subtree', () => {
    expect(budget(RecordedFiles.from('cgroup-v1-docker.txt'), 16)).toBe(2);
  });

  it('never exceeds the affinity mask', () => {
    expect(budget(RecordedFiles.from('cgroup-v1-docker.txt'), 1)).toBe(1);
  });

  it('knows both spellings of no limit', () => {
    expect(budget(RecordedFiles.from('cgroup-hybrid-unlimited.txt'), 8)).toBe(8);
    const max = RecordedFiles.from('cgroup-v2-container.txt').set('/sys/fs/cgroup/cpu.max', 'max 100000\n');
    expect(budget(max, 8)).toBe(8);
  });

  it('is at least one core under a quota below one', () => {
    const half = RecordedFiles.from('cgroup-v2-container.txt').set(
      '/sys/fs/cgroup/cpu.max',
      '50000 100000\n',
    );
    expect(budget(half, 8)).toBe(1);
  });

  it('does not look for control groups on other systems', () => {
    expect(budget(RecordedFiles.from('cgroup-v1-docker.txt'), 8, 'darwin')).toBe(8);
  });

  it('is sane on this machine', () => {
    expect(cpuBudget()).toBeGreaterThanOrEqual(1);
    expect(Number.isInteger(cpuBudget())).toBe(true);
  });
});
