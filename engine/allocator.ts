/**
 * What glibc's allocator is told, so that memory of models that leave goes back to the system. Pieces above a threshold are mappings
 * of their own, which end when they are freed; but unless it is stated, the threshold rises to the largest such piece that was
 * freed, up to 32 MiB. Weights then lie among small things in heaps that do not shrink: some 330 MiB stay after ten models of
 * 40 MiB each have come and gone (docs/memory.md). Read at the start of a process, and nowhere but from its environment.
 */
export const ALLOCATOR_ENV = {
  MALLOC_MMAP_THRESHOLD_: String(8 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(16 * 1024 * 1024),
} as const;

/** `process.execve` of Node 22.15 and later: puts another program in this one's place, under the same process id. */
type Execve = (file: string, argv: readonly string[], env: NodeJS.ProcessEnv) => void;

/** The parts of `process` that decide. */
export interface StartingProcess {
  readonly platform: string;
  readonly env: NodeJS.ProcessEnv;
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly execve?: Execve;
  /** There when a parent talks to it over a channel, which would not survive. */
  readonly send?: unknown;
}

/**
 * Starts this program over with the allocator's settings, in the same process; does not return then. Returns where there is nothing to
 * do: not on Linux, settings or an allocator of the operator's own, a Node that cannot.
 */
export function startOverWithAllocator(me: StartingProcess = process): void {
  const { platform, env, execPath, execArgv, argv, execve, send } = me;
  if (platform !== 'linux' || !execve || send !== undefined || hasOwnAllocator(env)) return;
  execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, ...ALLOCATOR_ENV });
}

function hasOwnAllocator({ GLIBC_TUNABLES = '', LD_PRELOAD = '', ...env }: NodeJS.ProcessEnv): boolean {
  return (
    Object.keys(ALLOCATOR_ENV).some((name) => env[name] !== undefined) ||
    GLIBC_TUNABLES.includes('glibc.malloc.') ||
    /malloc/.test(LD_PRELOAD)
  );
}
