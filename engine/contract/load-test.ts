import { z } from 'zod';

/** k6's words. Closed: a fixed number of clients, each sends when it has its answer. Open: arrivals keep their schedule. */
export const executorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('closed'), clients: z.number().int().min(1).max(4096) }),
  z.strictObject({
    kind: z.literal('open'),
    requestsPerSecond: z.number().min(0.1).max(200_000),
    arrivals: z.enum(['constant', 'poisson']),
    /** Requests that may be in flight; an arrival beyond it is counted as dropped. */
    maxInFlight: z.number().int().min(1).max(16_384),
  }),
]);
export type LoadTestExecutor = z.infer<typeof executorSchema>;

export const loadTestScenarioSchema = z.strictObject({
  model: z.string().min(1).max(128),
  version: z.string().regex(/^\d+$/).nullable().default(null),
  executor: executorSchema,
  warmupMs: z.number().int().min(0).max(600_000).default(2_000),
  durationMs: z.number().int().min(500).max(86_400_000).default(20_000),
  /** Rows in each request. */
  rowsPerRequest: z.number().int().min(1).max(1024).default(1),
  encoding: z.enum(['binary', 'json']).default('binary'),
  /** Sizes for dimensions the model leaves open, by input name then axis (batch axis excluded); 1 where not given. */
  dynamicDims: z.record(z.string(), z.record(z.string(), z.number().int().min(0).max(65_536))).default({}),
  /** Seed of inputs and arrivals, so that a run can be repeated. */
  seed: z.number().int().min(0).max(0xffff_ffff).default(1),
  /** A client gives a request up after this long; counted as error "timeout". */
  requestTimeoutMs: z.number().int().min(10).max(600_000).default(30_000),
  label: z.string().max(200).default(''),
});
export type LoadTestScenario = z.infer<typeof loadTestScenarioSchema>;
export type LoadTestScenarioInput = z.input<typeof loadTestScenarioSchema>;

export type LoadTestState =
  | 'starting'
  | 'warming-up'
  | 'running'
  | 'stopping'
  | 'finished'
  | 'stopped'
  | 'failed';

/** Milliseconds; null when nothing was measured. From HDR histograms, counted from the INTENDED start of each request. */
export interface LatencySummary {
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  readonly meanMs: number | null;
}

/** Counts of the measured part (warm-up excluded). */
export interface LoadTestCounts {
  /** Requests the schedule asked for. In a closed loop the same as `sent`. */
  readonly offered: number;
  readonly sent: number;
  readonly succeeded: number;
  /** Arrivals for which no client was free. */
  readonly dropped: number;
  /** By kind: "HTTP 503 QUEUE_FULL", "timeout", "connection refused", … */
  readonly errors: Readonly<Record<string, number>>;
}

/** One second (or so) of a run, for its charts. */
export interface LoadTestPoint {
  /** Since the beginning of the measured part (negative in warm-up), milliseconds. */
  readonly atMs: number;
  readonly offeredPerSecond: number;
  readonly succeededPerSecond: number;
  readonly errorsPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** A run, live or kept: the same record, so the page that shows one shows the other. */
export interface LoadTestRun {
  readonly id: string;
  readonly scenario: LoadTestScenario;
  readonly state: LoadTestState;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  /** Time measured so far, warm-up excluded, milliseconds. */
  readonly measuredMs: number;
  readonly counts: LoadTestCounts;
  /** Requests answered well per second of measured time. */
  readonly achievedPerSecond: number;
  readonly inferencesPerSecond: number;
  /** From the intended start: what a user would have felt. */
  readonly latency: LatencySummary;
  /** From the actual send: what the server took. */
  readonly serviceTime: LatencySummary;
  /** How late the generator itself sent, p99: when this is large the result is the generator's, not the server's. */
  readonly generatorLagP99Ms: number | null;
  readonly points: readonly LoadTestPoint[];
  /** Model settings when the run began, as text for the history table. */
  readonly settingsNote: string;
  readonly error: string | null;
}

/** The history list: a run without its points. */
export type LoadTestRunSummary = Omit<LoadTestRun, 'points'>;

export type ShowMeStage = 'idle' | 'batching-off' | 'batching-on' | 'done' | 'stopped' | 'failed';

/** "Show me": the demo model with batching off, then on, under the same clients. */
export interface ShowMeStatus {
  readonly stage: ShowMeStage;
  readonly model: string;
  readonly clients: number;
  /** 0 to 1 over the whole show. */
  readonly progress: number;
  readonly off: {
    readonly requestsPerSecond: number;
    readonly p50Ms: number | null;
    readonly p95Ms: number | null;
  } | null;
  readonly on: {
    readonly requestsPerSecond: number;
    readonly p50Ms: number | null;
    readonly p95Ms: number | null;
    readonly meanBatchSize: number | null;
  } | null;
  /** One sentence with the measured gain and both latencies, when done. */
  readonly sentence: string | null;
  readonly error: string | null;
}
