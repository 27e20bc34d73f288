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

/**
 * Bytes by which memory grows with `work`: the least of several rounds, since what leaks does so in each of them, and what is
 * filled once (caches, compiled code) only in the first.
 */
export async function growthPerRound(rounds: number, work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = heapAfterCollection();
    await work();
    least = Math.min(least, heapAfterCollection() - before);
  }
  return least;
}
