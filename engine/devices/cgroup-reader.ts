import {
  type CgroupFolders,
  cgroupFolders,
  parseCfs,
  parseCpuMax,
  parseMemoryLimit,
  statValue,
} from './cgroup';
import { type Files, readTextOrNull } from './files';
import type { MemoryFigures } from './memory-info';

/** A CPU quota that binds this process, and what its control group has used. */
export interface CpuQuota {
  readonly cores: number;
  /** CPU time of the group since its start, microseconds; null where it cannot be read. */
  readonly usageUs: number | null;
}

/** Reads the limits that a container or a service manager put on this process. */
export class CgroupReader {
  #folders: CgroupFolders = { v2: [], cpu: [], cpuacct: [], memory: [] };

  constructor(private readonly files: Files) {}

  /** Finds the groups. Once: a process is not moved between groups while it runs, but their limits may change. */
  async find(): Promise<void> {
    const [groups, mounts] = await Promise.all([
      this.#text('/proc/self/cgroup'),
      this.#text('/proc/self/mountinfo'),
    ]);
    this.#folders = cgroupFolders(groups, mounts);
  }

  /** The tightest quota; null when there is none. */
  async cpu(): Promise<CpuQuota | null> {
    const { v2, cpu, cpuacct } = this.#folders;
    const quotas = await Promise.all([
      ...v2.map(async (folder) => ({
        cores: parseCpuMax(await this.#text(`${folder}/cpu.max`)),
        usageUs: async () => statValue(await this.#text(`${folder}/cpu.stat`), 'usage_usec'),
      })),
      ...cpu.map(async (folder, level) => ({
        cores: parseCfs(
          await this.#text(`${folder}/cpu.cfs_quota_us`),
          await this.#text(`${folder}/cpu.cfs_period_us`),
        ),
        usageUs: () => this.#v1UsageUs(cpuacct.length === cpu.length ? cpuacct[level] : undefined),
      })),
    ]);
    let tightest: { cores: number; usageUs: () => Promise<number | null> } | null = null;
    for (const { cores, usageUs } of quotas) {
      if (cores !== null && (tightest === null || cores < tightest.cores)) tightest = { cores, usageUs };
    }
    return tightest && { cores: tightest.cores, usageUs: await tightest.usageUs() };
  }

  /** The tightest memory limit with what counts against it; null when there is none. File cache that can be dropped does not count. */
  async memory(): Promise<MemoryFigures | null> {
    const { v2, memory } = this.#folders;
    const groups = [
      ...v2.map((folder) => ({
        folder,
        limit: 'memory.max',
        used: 'memory.current',
        cache: 'inactive_file',
      })),
      ...memory.map((folder) => ({
        folder,
        limit: 'memory.limit_in_bytes',
        used: 'memory.usage_in_bytes',
        cache: 'total_inactive_file',
      })),
    ];
    const limits = await Promise.all(
      groups.map(async (group) => ({
        group,
        totalBytes: parseMemoryLimit(await this.#text(`${group.folder}/${group.limit}`)),
      })),
    );
    let tightest: { group: (typeof groups)[number]; totalBytes: number } | null = null;
    for (const { group, totalBytes } of limits) {
      if (totalBytes !== null && (tightest === null || totalBytes < tightest.totalBytes))
        tightest = { group, totalBytes };
    }
    if (!tightest) return null;
    const { group, totalBytes } = tightest;
    const used = parseMemoryLimit(await this.#text(`${group.folder}/${group.used}`));
    const cache = statValue(await this.#text(`${group.folder}/memory.stat`), group.cache) ?? 0;
    return used === null ? null : { usedBytes: Math.max(0, used - cache), totalBytes };
  }

  async #v1UsageUs(folder: string | undefined): Promise<number | null> {
    if (folder === undefined) return null;
    const nanoseconds = Number((await this.#text(`${folder}/cpuacct.usage`)) || Number.NaN);
    return Number.isFinite(nanoseconds) ? nanoseconds / 1000 : null;
  }

  async #text(path: string): Promise<string> {
    return (await readTextOrNull(this.files, path)) ?? '';
  }
}
