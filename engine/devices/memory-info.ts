export interface MemoryFigures {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/**
 * /proc/meminfo: used is what a new program could not have (MemTotal - MemAvailable), so the page cache does not count.
 * Kernels before 3.14 lack MemAvailable: free, buffers and cache stand in. Null: no such text.
 */
export function parseMemInfo(text: string): MemoryFigures | null {
  const kib = (key: string) => {
    const match = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match ? Number(match[1]) : null;
  };
  const total = kib('MemTotal');
  if (total === null) return null;
  const available =
    kib('MemAvailable') ?? (kib('MemFree') ?? 0) + (kib('Buffers') ?? 0) + (kib('Cached') ?? 0);
  return { usedBytes: (total - available) * 1024, totalBytes: total * 1024 };
}

/**
 * macOS' vm_stat: used is active, wired and compressed memory, as Activity Monitor counts it without its split of
 * application and cached pages. Null: no such text.
 */
export function parseVmStat(text: string): number | null {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1] ?? Number.NaN);
  const pages = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+)\\.`, 'm').exec(text);
    return match ? Number(match[1]) : Number.NaN;
  };
  const used =
    (pages('Pages active') + pages('Pages wired down') + pages('Pages occupied by compressor')) * pageBytes;
  return Number.isFinite(used) ? used : null;
}
