import type {
  LatencySummary,
  LoadTestCounts,
  LoadTestExecutor,
  LoadTestPoint,
  LoadTestScenario,
  TensorSpec,
} from '../contract';

/** What one request holds: made from a model's metadata, or given ready. */
export type RequestSource =
  | {
      readonly kind: 'model';
      readonly inputs: readonly TensorSpec[];
      /** The first dimension of every input is the batch: it gets `rowsPerRequest`. */
      readonly batchable: boolean;
      readonly rowsPerRequest: number;
      readonly encoding: LoadTestScenario['encoding'];
      readonly dynamicDims: LoadTestScenario['dynamicDims'];
    }
  | {
      readonly kind: 'bodies';
      /** Header lines beside Host and Content-Length. */
      readonly headers: Readonly<Record<string, string>>;
      /** Sent in turn. */
      readonly bodies: readonly Uint8Array[];
    };

/** All that a load generator needs to know. Crosses to the worker thread as it is. */
export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  /** Path that is posted to, "/v2/models/NAME/infer". */
  readonly path: string;
  readonly requests: RequestSource;
  readonly executor: LoadTestExecutor;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly requestTimeoutMs: number;
  readonly seed: number;
  /** Time between two progress reports. */
  readonly beatMs: number;
}

export type LoadPhase = 'warming-up' | 'running' | 'stopping' | 'finished';

/** Everything measured so far: cumulative, so that a report that is skipped loses nothing. */
export interface LoadSnapshot {
  readonly phase: LoadPhase;
  /** True when `stop` ended it before its time. */
  readonly stopped: boolean;
  readonly measuredMs: number;
  readonly counts: LoadTestCounts;
  readonly achievedPerSecond: number;
  readonly latency: LatencySummary;
  readonly serviceTime: LatencySummary;
  readonly generatorLagP99Ms: number | null;
  /** Share of the measured time in which the generator's own thread was busy, 0 to 1. Near 1 the generator is the limit. */
  readonly generatorBusyShare: number;
  readonly points: readonly LoadTestPoint[];
}
