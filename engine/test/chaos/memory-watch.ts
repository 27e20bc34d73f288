import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { heapAfterCollection } from '../process-state';

/** A collection halts everything for a while, so there are few: six in each quarter of the run. */
const SAMPLES = 24;
/** Between the medians of the third and the last quarter, beside what the console's history takes. */
const HEAP_GROWTH_LIMIT_MIB = 8;
/** The history of the charts fills for a quarter of an hour: longer than the run, so that its part is reckoned apart. */
const HISTORY_SECONDS = 900;
const SAMPLES_PER_SECOND = 2;
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

/** What one sample of the history takes. @param sample as large as one */
export function bytesOf(sample: unknown): number {
  const copies = 200;
  const before = heapAfterCollection();
  const kept = Array.from({ length: copies }, () => structuredClone(sample));
  return Math.max(0, heapAfterCollection() - before) / kept.length;
}

/** What the history grows by from the middle of the third quarter to the middle of the last. */
function historyMib(seconds: number, sampleBytes: number): number {
  const filled = (share: number) => Math.min(HISTORY_SECONDS, share * seconds) * SAMPLES_PER_SECOND;
  return ((filled(0.875) - filled(0.625)) * sampleBytes) / 2 ** 20;
}

/** That it is flat: between the last two quarters neither grew by more than the limits above. */
export function expectFlat({ heapMib, rssMib }: MemoryReport, seconds: number, sampleBytes: number): void {
  const [, , heapBefore = 0, heapAfter = 0] = heapMib;
  const [, , rssBefore = 0, rssAfter = 0] = rssMib;
  const isLong = seconds >= LEAST_SECONDS;
  const ownMib = heapAfter - heapBefore - historyMib(seconds, sampleBytes);
  const limitMib = isLong ? HEAP_GROWTH_LIMIT_MIB : SHORT_HEAP_GROWTH_LIMIT_MIB;
  assert.ok(
    ownMib <= limitMib,
    `heap by quarters: ${heapMib} MiB, ${ownMib} of it not the history's samples of ${sampleBytes} bytes`,
  );
  if (isLong) assert.ok(rssAfter <= rssBefore * (1 + RSS_GROWTH_LIMIT), `RSS by quarters: ${rssMib} MiB`);
}

function quarters(samples: readonly number[]): readonly number[] {
  const length = samples.length / 4;
  return [0, 1, 2, 3].map((quarter) => {
    const part = samples.slice(quarter * length, (quarter + 1) * length).sort((a, b) => a - b);
    return Math.round((part[Math.floor(length / 2)] ?? 0) / 2 ** 20);
  });
}
