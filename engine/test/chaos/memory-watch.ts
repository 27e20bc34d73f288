import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { heapAfterCollection } from '../process-state';

/** A collection halts everything for a while, so there are few: six in each quarter of the run. */
const SAMPLES = 24;
/** Between the medians of the third and the last quarter. What is kept is bounded: batches, logs, samples of a quarter of an hour. */
const HEAP_GROWTH_LIMIT_MIB = 16;
/** Of the third quarter's. How many instances there are at a time is drawn, and allocators keep what they had. */
const RSS_GROWTH_LIMIT = 0.15;
/** In a shorter run caches still fill. */
const LEAST_SECONDS = 150;
const SHORT_HEAP_GROWTH_LIMIT_MIB = 48;

export interface MemoryReport {
  /** Medians of the four quarters, after a collection; buffers outside the heap included. */
  readonly heapMib: readonly number[];
  /** Medians of the four quarters. */
  readonly rssMib: readonly number[];
}

/** Looks at this process's memory until the time is up. */
export async function watchMemory(seconds: number): Promise<MemoryReport> {
  const heap: number[] = [];
  const rss: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await pause((seconds * 1000) / SAMPLES);
    heap.push(heapAfterCollection());
    rss.push(process.memoryUsage.rss());
  }
  return { heapMib: quarters(heap), rssMib: quarters(rss) };
}

/** That it is flat: between the last two quarters neither grew by more than the limits above. */
export function expectFlat({ heapMib, rssMib }: MemoryReport, seconds: number): void {
  const [, , heapBefore = 0, heapAfter = 0] = heapMib;
  const [, , rssBefore = 0, rssAfter = 0] = rssMib;
  const isLong = seconds >= LEAST_SECONDS;
  const limitMib = isLong ? HEAP_GROWTH_LIMIT_MIB : SHORT_HEAP_GROWTH_LIMIT_MIB;
  assert.ok(heapAfter - heapBefore <= limitMib, `heap by quarters: ${heapMib} MiB`);
  if (isLong) assert.ok(rssAfter <= rssBefore * (1 + RSS_GROWTH_LIMIT), `RSS by quarters: ${rssMib} MiB`);
}

function quarters(samples: readonly number[]): readonly number[] {
  const length = samples.length / 4;
  return [0, 1, 2, 3].map((quarter) => {
    const part = samples.slice(quarter * length, (quarter + 1) * length).sort((a, b) => a - b);
    return Math.round((part[Math.floor(length / 2)] ?? 0) / 2 ** 20);
  });
}
