/** As in engine/allocator.ts, which says why: for a Node that cannot start over by itself. */
export const allocatorEnv = {
  MALLOC_MMAP_THRESHOLD_: String(8 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(16 * 1024 * 1024),
};
