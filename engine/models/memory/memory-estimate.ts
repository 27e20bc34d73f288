import type { MemoryEstimate } from '../../contract';
import { activationBytesAt } from './activation-peak';
import type { GraphMemory } from './graph-memory';

/** What an estimate is made for. */
export interface MemoryDemand {
  /** Of each version that is to serve. */
  readonly versions: readonly GraphMemory[];
  /** Rows of the largest batch. */
  readonly maxRows: number;
  /** Of each version. */
  readonly instances: number;
  /** Kernels of the CPU keep packed copies of weights. */
  readonly isOnCpu: boolean;
  /** The figures are what the operator stated for a device that does not exist. */
  readonly isStated: boolean;
}

/** A thread with its own JavaScript heap and a session without weights: 16.1 to 17.6 MiB by `npm run -s bench -- instance-memory`. */
export const INSTANCE_BYTES = 18 * 1024 * 1024;
/** The first region that the runtime's allocator takes; each further one is twice as large. */
const FIRST_REGION_BYTES = 1024 * 1024;

/** Memory of a model by its graph. Several versions are added up. Pure. */
export function estimateMemory(demand: MemoryDemand): MemoryEstimate {
  const { versions, maxRows, instances, isOnCpu, isStated } = demand;
  const sum = (of: (version: GraphMemory) => number) =>
    versions.reduce((total, version) => total + of(version), 0);
  const activationsAt = (rows: number) => sum(({ peak }) => activationBytesAt(peak, rows));
  const weightsBytes = sum(({ weightBytes }) => weightBytes);
  const arenaBytes = isStated
    ? 0
    : sum(
        ({ packedBytes, peak }) =>
          INSTANCE_BYTES + (isOnCpu ? packedBytes : 0) + unusedRegionBytes(activationBytesAt(peak, maxRows)),
      );
  const cautions = [...new Set(versions.flatMap(({ cautions: one }) => one))];
  return {
    weightsBytes,
    activationBytes: batchSizesUpTo(maxRows).map((rows) => [rows, activationsAt(rows)] as const),
    arenaBytes,
    instances,
    totalBytes: instances * (weightsBytes + activationsAt(maxRows) + arenaBytes),
    source: isStated ? 'stated' : 'graph',
    note: cautions.length > 0 ? cautions.join('; ') : null,
  };
}

/** What a process grew by from before the first session to after the warm-up. */
export interface Growth {
  readonly bytes: number;
  /** Of the largest batch that each instance ran meanwhile. */
  readonly warmedRows: number;
}

/**
 * An estimate corrected by what the process grew by. That holds weights, packed copies, threads, and what a run of the warm-up's
 * largest batch needed; what a larger one needs more, by the graph, is added. It is no less than weights, thread and the largest
 * batch: memory that was freed before and kept by the allocator is used again without the process growing.
 */
export function correctedByGrowth(estimate: MemoryEstimate, { bytes, warmedRows }: Growth): MemoryEstimate {
  const { weightsBytes, activationBytes, instances, source } = estimate;
  if (source === 'stated') return estimate;
  const most = activationBytes.at(-1)?.[1] ?? 0;
  const warmed = activationBytes.findLast(([rows]) => rows <= warmedRows)?.[1] ?? 0;
  const grown = bytes + instances * (most - warmed);
  const least = instances * (weightsBytes + INSTANCE_BYTES + most);
  return { ...estimate, totalBytes: Math.ceil(Math.max(grown, least)), source: 'measured' };
}

/** 1, 2, 4, … and the largest itself. */
function batchSizesUpTo(maxRows: number): readonly number[] {
  const sizes: number[] = [];
  for (let rows = 1; rows < maxRows; rows *= 2) sizes.push(rows);
  return [...sizes, maxRows];
}

/** What doubling regions hold beyond the bytes asked for. */
function unusedRegionBytes(bytes: number): number {
  let held = 0;
  for (let region = FIRST_REGION_BYTES; held < bytes; region *= 2) held += region;
  return held - bytes;
}
