import type {
  ColdStartCounts,
  DepartureReason,
  DeviceInfo,
  DeviceMemory,
  DeviceSample,
  ErrorCode,
  HistogramSnapshot,
} from '../contract';
import type { ModelStatistics } from '../inference';
import type { LatencyDetail } from './latency-detail';

/** One version that serves, as the metrics show it. */
export interface VersionView {
  readonly model: string;
  readonly version: string;
  /** The model's `metric_tags`. */
  readonly tags: Readonly<Record<string, string>>;
  /** Device on which it runs; null while no instance is ready. */
  readonly deviceId: string | null;
  readonly statistics: ModelStatistics;
  /** Failures after the queue took the request. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly departures: Readonly<Partial<Record<DepartureReason, number>>>;
  readonly busyUs: number;
  readonly latency: HistogramSnapshot;
  readonly detail: LatencyDetail | null;
  readonly queueLength: number;
  readonly maxQueueSize: number;
  readonly inFlight: number;
  readonly instancesReady: number;
  readonly loadDurationMs: number;
}

/** One model, whatever its versions. */
export interface ModelView {
  readonly model: string;
  /** Null for a model that is not to serve. */
  readonly ready: boolean | null;
  /** Requests without a result since the engine started. */
  readonly failed: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly coldStarts: ColdStartCounts;
}

export interface DeviceView {
  readonly info: DeviceInfo;
  readonly sample: DeviceSample;
  readonly energyJoules: number | null;
}

export interface ProcessView {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Cumulative. */
  readonly eventLoopBusySeconds: number;
  readonly startedAtMs: number;
  readonly version: string;
}

/** Everything that one scrape shows. */
export interface MetricsView {
  readonly versions: readonly VersionView[];
  readonly models: readonly ModelView[];
  readonly devices: readonly DeviceView[];
  readonly memory: readonly DeviceMemory[];
  readonly process: ProcessView;
}
