import type { CpuClockTimes } from './device-source';

/** Time since boot in any one unit: what was not idle, and all of it. Only differences mean anything. */
export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/**
 * The whole machine's line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal guest guest_nice.
 * Guest time is already in user. Time stolen by the hypervisor counts as busy: it cannot be had. Null: no such line.
 */
export function parseProcStat(text: string): CpuTimes | null {
  const line = /^cpu +(.+)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  const total = busy + idle + iowait;
  return Number.isFinite(total) ? { busy, total } : null;
}

/** The same from Node's figures per core, for systems without /proc. */
export function sumCpuTimes(cores: readonly { readonly times: CpuClockTimes }[]): CpuTimes {
  let busy = 0;
  let idle = 0;
  for (const { times } of cores) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, total: busy + idle };
}

/** Share of the time between two instants in which the cores were busy, 0 to 1; null when no time has passed. */
export function cpuUtilization(before: CpuTimes, now: CpuTimes): number | null {
  const total = now.total - before.total;
  if (!(total > 0)) return null;
  return Math.min(1, Math.max(0, (now.busy - before.busy) / total));
}
