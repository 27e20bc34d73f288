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

/** Worker threads of this process, ended ones not counted. */
export function workerThreads(): number {
  return process
    .getActiveResourcesInfo()
    .filter((resource) => resource === 'MessagePort' || resource === 'Worker').length;
}
