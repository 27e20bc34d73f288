import type { ErrorCode } from './error-codes';
import type { ModelSettings } from './model';

/** Why a batch left the queue. */
export const DEPARTURE_REASONS = [
  'full',
  'preferred',
  'delay',
  'drained',
  'unbatched',
  'deadline',
  'break-even',
  'priority',
] as const;
export type DepartureReason = (typeof DEPARTURE_REASONS)[number];

/**
 * A latency histogram, cumulative since the model was first loaded. Log-linear buckets (see `histogram.ts`):
 * sparse pairs, `indexes[i]` a bucket number, `counts[i]` how many values fell into it, indexes ascending.
 */
export interface HistogramSnapshot {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
  readonly count: number;
  /** Sum of all values, microseconds. */
  readonly sumUs: number;
}

/** Cumulative counters of one model. Rates are differences between two of these; a lost sample loses nothing. */
export interface ModelCounters {
  readonly name: string;
  readonly requestsOk: number;
  readonly requestsFailed: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Rows answered. */
  readonly inferenceCount: number;
  /** Batches run. */
  readonly executionCount: number;
  /** Batches by size: `[rows, batches]`, ascending by rows. */
  readonly batchSizes: readonly (readonly [rows: number, batches: number])[];
  readonly departures: Readonly<Partial<Record<DepartureReason, number>>>;
  /** Time in which instances were executing, summed over instances, microseconds. */
  readonly busyUs: number;
  readonly queueUs: number;
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
  /** Whole time in the engine per request, arrival to answer. */
  readonly latency: HistogramSnapshot;
  /** Gauges, at the instant of the sample. */
  readonly queueLength: number;
  readonly inFlight: number;
  readonly instances: number;
}

/** A number, or the reason why there is none. Never 0 for "cannot be read". */
export type Reading = { readonly value: number } | { readonly value: null; readonly reason: string };

/** What one model takes of a device that it shares with others. */
export interface DeviceShare {
  readonly model: string;
  /** Parts of the device it gets while others want it too. */
  readonly weight: number;
  /** A background model runs while no foreground model wants the device. */
  readonly deviceClass: ModelSettings['deviceClass'];
  /** Cumulative since its versions were loaded, microseconds; its share = delta busyUs over the sum of the deltas of all. */
  readonly busyUs: number;
}

/** One device at one instant. */
export interface DeviceSample {
  readonly id: string;
  /** Driver's utilisation, 0 to 1. */
  readonly utilization: Reading;
  readonly memoryUsedBytes: Reading;
  readonly memoryTotalBytes: Reading;
  readonly powerWatts: Reading;
  readonly temperatureCelsius: Reading;
  /** Engine's own figure, cumulative: microseconds in which instances on this device were executing, summed over instances. */
  readonly busyUs: number;
  /** Instances on this device now; busy share = delta busyUs / (delta t * instances). */
  readonly instances: number;
  /** Of the models that serve on it, ascending by name. */
  readonly shares: readonly DeviceShare[];
}

export interface DeviceInfo {
  readonly id: string;
  readonly kind: 'cpu' | 'gpu' | 'simulated';
  readonly name: string;
  /** The hardware's own identity ("GPU-…"), where the driver gives one. */
  readonly uuid?: string;
  /** Where the readings come from ("nvidia-smi", "amdgpu sysfs", "os", …). */
  readonly source: string;
  /** What to know about the readings, or why there are none. */
  readonly note: string | null;
}

/** Everything measured at one instant. The publisher sends one per beat. */
export interface MetricsSample {
  /** Wall clock, milliseconds since the epoch. */
  readonly atMs: number;
  /** Monotonic, microseconds: use differences of this for rates. */
  readonly monotonicUs: number;
  readonly models: readonly ModelCounters[];
  readonly devices: readonly DeviceSample[];
  /** The engine process itself. */
  readonly process: { readonly rssBytes: number; readonly eventLoopBusyShare: number };
}

/** One batch as the inspector shows it. */
export interface BatchRecord {
  readonly id: number;
  readonly atMs: number;
  readonly model: string;
  readonly version: string;
  readonly instance: string;
  readonly rows: number;
  /** Rows of padding that ran with them, up to an allowed size. */
  readonly paddedRows: number;
  readonly requests: number;
  readonly reason: DepartureReason;
  /** Waiting time of the oldest request in it, microseconds. */
  readonly oldestQueueUs: number;
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
  /** Time on the instance that was predicted when it left (input, infer and output together); null where no cost curve is known. */
  readonly predictedUs: number | null;
  readonly error: string | null;
}

/** What changed: `eviction`: a model made room for another; `scale`: instances were added or taken away by the engine itself. */
export const CHANGE_KINDS = [
  'settings',
  'load',
  'unload',
  'eviction',
  'scale',
  'load-test',
  'instance',
  'engine',
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Something changed that a chart should mark with a vertical line. */
export interface ChangeMark {
  readonly id: number;
  readonly atMs: number;
  readonly model: string | null;
  readonly kind: ChangeKind;
  /** "max batch size 1 -> 16". */
  readonly text: string;
}
