import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { cgroupFolders, parseCfs, parseCpuMax } from './cgroup';

export interface CpuBudgetOptions {
  readonly platform?: NodeJS.Platform;
  /** Throws where a file cannot be read. */
  readonly readFileSync?: (path: string) => string;
  /** Cores the scheduler may put us on (affinity, cpusets). */
  readonly availableParallelism?: () => number;
}

/**
 * How many cores this process may keep busy: a whole number, at least 1. Honours affinity and cpusets (through
 * `os.availableParallelism`) and CPU quotas of control groups, version 1 and 2, at every level.
 *
 * A quota of 2.5 cores counts as 2: a third compute thread would be throttled in every period, and the batch waits for it.
 */
export function cpuBudget(options: CpuBudgetOptions = {}): number {
  const platform = options.platform ?? process.platform;
  const cores = Math.max(1, (options.availableParallelism ?? availableParallelism)());
  if (platform !== 'linux') return cores;
  const quota = cpuQuota(options.readFileSync ?? ((path) => readFileSync(path, 'utf8')));
  return quota === null ? cores : Math.max(1, Math.min(cores, Math.floor(quota)));
}

/** The tightest CPU quota above this process, in cores; null when there is none. */
function cpuQuota(readSync: (path: string) => string): number | null {
  const read = (path: string): string => {
    try {
      return readSync(path);
    } catch {
      return '';
    }
  };
  const folders = cgroupFolders(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  const quotas = [
    ...folders.v2.map((folder) => parseCpuMax(read(`${folder}/cpu.max`))),
    ...folders.cpu.map((folder) =>
      parseCfs(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)),
    ),
  ].filter((quota) => quota !== null);
  return quotas.length === 0 ? null : Math.min(...quotas);
}
