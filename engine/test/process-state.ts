import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use after everything that nobody needs was let go; buffers outside the heap included. */
export function heapAfterCollection(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Sockets and listening servers of this process. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP')).length;
}

/** What a thousand repeats may keep by chance. */
const GROWTH_LIMIT_BYTES = 400 * 1024;

/**
 * Does `work`, a thousand of something, and answers by how many bytes memory grew, 0 when that was within the limit. What
 * is filled once (caches, compiled code) shows in the first round only, what leaks in each: so it gets several rounds.
 */
export async function leakedBytes(work: () => Promise<void>, rounds = 4): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && least > GROWTH_LIMIT_BYTES; round++) {
    const before = heapAfterCollection();
    await work();
    least = Math.min(least, heapAfterCollection() - before);
  }
  return least > GROWTH_LIMIT_BYTES ? least : 0;
}
