/**
 * Where the control groups of a process lie. Each list goes from the process's own group up to the mount point,
 * because a limit at any level binds everything below it.
 */
export interface CgroupFolders {
  readonly v2: readonly string[];
  readonly cpu: readonly string[];
  readonly cpuacct: readonly string[];
  readonly memory: readonly string[];
}

interface Mount {
  /** The part of the hierarchy that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
}

/**
 * Pure: finds the folders from the texts of /proc/self/cgroup and /proc/self/mountinfo (proc(5), cgroups(7)).
 * Handles version 1, version 2, both at once (hybrid), and containers that see only their own subtree.
 */
export function cgroupFolders(procCgroup: string, mountInfo: string): CgroupFolders {
  const groups = parseProcCgroup(procCgroup);
  const mounts = parseMounts(mountInfo);
  const folders = (isMount: (mount: Mount) => boolean, path: string | undefined) => {
    const mount = mounts.find(isMount);
    return mount && path !== undefined ? upwards(mount, path) : [];
  };
  const v1 = (controller: string) =>
    folders((mount) => mount.type === 'cgroup' && mount.options.includes(controller), groups.get(controller));
  return {
    v2: folders((mount) => mount.type === 'cgroup2', groups.get('')),
    cpu: v1('cpu'),
    cpuacct: v1('cpuacct'),
    memory: v1('memory'),
  };
}

/** Controller to path; the empty name is the version 2 hierarchy ("0::/path"). */
function parseProcCgroup(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (!match) continue;
    for (const controller of (match[1] ?? '').split(',')) groups.set(controller, match[2] ?? '/');
  }
  return groups;
}

/** "36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup cgroup rw,cpu,cpuacct" */
function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [left, right] = line.split(' - ');
    const [, , , root, mountPoint] = left?.split(' ') ?? [];
    const [type, , options] = right?.split(' ') ?? [];
    if (!root || !mountPoint || !type?.startsWith('cgroup')) continue;
    mounts.push({
      root: unescapeBlanks(root),
      mountPoint: unescapeBlanks(mountPoint),
      type,
      options: (options ?? '').split(','),
    });
  }
  return mounts;
}

/** The kernel writes a blank in a path as "\040". */
function unescapeBlanks(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function upwards(mount: Mount, path: string): string[] {
  const inside = relativeTo(mount.root, path);
  const folders: string[] = [];
  for (let rest = inside; rest !== ''; rest = rest.slice(0, rest.lastIndexOf('/')))
    folders.push(mount.mountPoint + rest);
  folders.push(mount.mountPoint);
  return folders;
}

/** `path` below `root`, as "" or "/a/b". A path that is not below it (another namespace's) counts as the root itself. */
function relativeTo(root: string, path: string): string {
  if (path === '/' || path === root || path.startsWith('/..')) return '';
  if (root === '/') return path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : '';
}

/** cpu.max of version 2: "200000 100000" is 2 cores, "max 100000" none. Null: no limit, or no such text. */
export function parseCpuMax(text: string): number | null {
  const [quota, period] = text.trim().split(/\s+/);
  return coresOf(Number(quota), Number(period));
}

/** cpu.cfs_quota_us and cpu.cfs_period_us of version 1; a quota of -1 is none. */
export function parseCfs(quotaText: string, periodText: string): number | null {
  return coresOf(Number(quotaText), Number(periodText));
}

function coresOf(quotaUs: number, periodUs: number): number | null {
  return quotaUs > 0 && periodUs > 0 && Number.isFinite(quotaUs / periodUs) ? quotaUs / periodUs : null;
}

/** memory.max ("max" or bytes) and memory.limit_in_bytes (version 1 writes "no limit" as a number near 2^63). */
export function parseMemoryLimit(text: string): number | null {
  const bytes = Number(text.trim() || Number.NaN);
  return Number.isFinite(bytes) && bytes > 0 && bytes < 2 ** 60 ? bytes : null;
}

/** One "key value" line of cpu.stat or memory.stat. */
export function statValue(text: string, key: string): number | null {
  const match = new RegExp(`^${key} (\\d+)$`, 'm').exec(text);
  return match ? Number(match[1]) : null;
}
