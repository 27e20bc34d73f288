/** How often something happened, and the time it took in all, nanoseconds. */
export interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

/** Statistics of one version of one model since it was loaded, by the protocol's statistics extension. Whole numbers only. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Wall clock of the last inference, milliseconds since the epoch; 0 for none yet. */
  readonly lastInferenceMs: number;
  /** Rows answered. */
  readonly inferenceCount: number;
  /** Batches run. */
  readonly executionCount: number;
  readonly success: StatisticDuration;
  /** Requests that failed after they were queued: timed out, cancelled, failed in the backend. */
  readonly fail: StatisticDuration;
  /** One count per successful request, and so are the three compute parts: the duration of its whole batch. */
  readonly queue: StatisticDuration;
  readonly computeInput: StatisticDuration;
  readonly computeInfer: StatisticDuration;
  readonly computeOutput: StatisticDuration;
  /** One entry per batch size that was run, ascending; one count per batch. */
  readonly batches: readonly BatchStatistics[];
}

export interface BatchStatistics {
  /** Rows. */
  readonly batchSize: number;
  readonly computeInput: StatisticDuration;
  readonly computeInfer: StatisticDuration;
  readonly computeOutput: StatisticDuration;
}
