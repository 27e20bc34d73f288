import { setFlagsFromString } from 'node:v8';

/** Heap may grow by this much over what survived the last full collection before the next one begins. */
const GROWTH_PERCENT = 400;

/**
 * Tells V8 to run a full collection only when the heap has grown fivefold. To be called once, where an engine begins; holds for all
 * threads of the process.
 *
 * V8 counts bodies and tensors as heap, though they lie outside of it and the quick collections free them all the same. The heap
 * itself is small (some 20 MiB), and so is what it may grow by before a full collection: 45 requests of 110 KB each were enough, and
 * each of these took up to 40 ms of the loop's time, for nothing. What it costs is memory: at most five times the objects that live.
 */
export function collectLessOften(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
