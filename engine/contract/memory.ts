/** What a model takes of its device's memory, or would take. Bytes. */
export interface MemoryEstimate {
  /** Of one instance: initializers and constants. */
  readonly weightsBytes: number;
  /** Of one instance: what a run needs beside the weights at its largest point, by rows of the batch, ascending. */
  readonly activationBytes: readonly (readonly [rows: number, bytes: number])[];
  /** Of one instance: packed copies of weights, what the runtime's allocator holds beyond its use, and the instance's thread. */
  readonly arenaBytes: number;
  readonly instances: number;
  /** Of all instances, with the largest batch. What is reserved. */
  readonly totalBytes: number;
  /** `measured`: corrected by what the process grew by when it was loaded. */
  readonly source: 'graph' | 'measured' | 'stated';
  /** How sure it is: what was taken for granted. Null: nothing was. */
  readonly note: string | null;
}

/** A model's part of a device's memory. */
export interface ModelMemory {
  readonly model: string;
  readonly bytes: number;
  readonly pinned: boolean;
  /** Wall clock, milliseconds since the epoch; null when it was never used. */
  readonly lastUsedAtMs: number | null;
  /** False: it was evicted (or waits for its first request), and is loaded when one comes. `bytes` is then what it would take. */
  readonly resident: boolean;
}

/** A device's memory as the engine gives it out. */
export interface DeviceMemory {
  readonly deviceId: string;
  /** Null: no budget, because the device does not say how much it has or the operator wants none. */
  readonly budgetBytes: number | null;
  /** Where the budget comes from. */
  readonly budgetNote: string;
  readonly reservedBytes: number;
  readonly models: readonly ModelMemory[];
  /** Since the engine started. */
  readonly evictions: number;
}

/** Loads that a request had to wait for, since the engine started. */
export interface ColdStartCounts {
  readonly count: number;
  /** From the first request that waited to the model's serving, milliseconds; null before the first. */
  readonly lastMs: number | null;
  readonly totalMs: number;
  /** How often the model was evicted. */
  readonly evictions: number;
}
