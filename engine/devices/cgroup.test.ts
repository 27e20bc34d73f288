import { describe, expect, it } from 'vitest';
import { cgroupFolders, parseCfs, parseCpuMax, parseMemoryLimit, statValue } from './cgroup';
import { CgroupReader } from './cgroup-reader';
import { RecordedFiles } from './fixtures/recorded';

function foldersOf(fixture: string) {
  const files = RecordedFiles.from(fixture);
  return cgroupFolders(files.readSync('/proc/self/cgroup'), files.readSync('/proc/self/mountinfo'));
}

async function readerOf(files: RecordedFiles) {
  const reader = new CgroupReader(files);
  await reader.find();
  return reader;
}

describe('cgroupFolders', () => {
  it('goes from the own group up to the mount point', () => {
    expect(foldersOf('cgroup-v2-service.txt').v2).toEqual([
      '/sys/fs/cgroup/system.slice/ferry.service',
      '/sys/fs/cgroup/system.slice',
      '/sys/fs/cgroup',
    ]);
  });

  it('takes a path that is the mounted root as the mount point itself', () => {
    expect(foldersOf('cgroup-v1-docker.txt')).toEqual({
      v2: [],
      cpu: ['/sys/fs/cgroup/cpu,cpuacct'],
      cpuacct: ['/sys/fs/cgroup/cpu,cpuacct'],
      memory: ['/sys/fs/cgroup/memory'],
    });
  });

  it('reads blanks in mount points and paths', () => {
    expect(foldersOf('cgroup-hybrid-unlimited.txt').memory).toEqual([
      '/sys/fs/cgroup/me mory/user.slice/app 1.scope',
      '/sys/fs/cgroup/me mory/user.slice',
      '/sys/fs/cgroup/me mory',
    ]);
  });

  it('takes a path of another namespace as the mount point', () => {
    const mounts = '1 2 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup rw';
    expect(cgroupFolders('0::/../other', mounts).v2).toEqual(['/sys/fs/cgroup']);
  });

  it('finds nothing in texts that are none', () => {
    expect(cgroupFolders('', '')).toEqual({ v2: [], cpu: [], cpuacct: [], memory: [] });
    expect(cgroupFolders('garbage\n0:', 'a b - c').v2).toEqual([]);
  });
});

describe('limits', () => {
  it('are cores and bytes, or null for none', () => {
    expect(parseCpuMax('250000 100000\n')).toBe(2.5);
    expect(parseCpuMax('max 100000\n')).toBeNull();
    expect(parseCpuMax('')).toBeNull();
    expect(parseCfs('-1\n', '100000\n')).toBeNull();
    expect(parseCfs('50000', '0')).toBeNull();
    expect(parseMemoryLimit('max\n')).toBeNull();
    expect(parseMemoryLimit('9223372036854771712\n')).toBeNull();
    expect(parseMemoryLimit('')).toBeNull();
    expect(statValue('a 1\nanon 2\n', 'anon')).toBe(2);
    expect(statValue('inactive_anon 1\n', 'anon')).toBeNull();
  });
});

describe('CgroupReader', () => {
  it('reads quota, use and memory of a version 2 container, without the cache that can be dropped', async () => {
    const reader = await readerOf(RecordedFiles.from('cgroup-v2-container.txt'));
    expect(await reader.cpu()).toEqual({ cores: 1.5, usageUs: 82_214_391 });
    expect(await reader.memory()).toEqual({
      usedBytes: 1_610_612_736 - 536_870_912,
      totalBytes: 4 * 1024 ** 3,
    });
  });

  it('reads the same of version 1, whose use is in nanoseconds', async () => {
    const reader = await readerOf(RecordedFiles.from('cgroup-v1-docker.txt'));
    expect(await reader.cpu()).toEqual({ cores: 2, usageUs: 98_765_432.1 });
    expect(await reader.memory()).toEqual({
      usedBytes: 1_073_741_824 - 268_435_456,
      totalBytes: 2 * 1024 ** 3,
    });
  });

  it('counts the use of the group whose quota binds', async () => {
    const reader = await readerOf(RecordedFiles.from('cgroup-v2-service.txt'));
    expect(await reader.cpu()).toEqual({ cores: 2.5, usageUs: 5_000_000 });
    expect(await reader.memory()).toBeNull();
  });

  it('keeps a quota whose use cannot be read', async () => {
    const files = RecordedFiles.from('cgroup-v2-container.txt').fail('/sys/fs/cgroup/cpu.stat', 'EACCES');
    expect(await (await readerOf(files)).cpu()).toEqual({ cores: 1.5, usageUs: null });
  });
});
