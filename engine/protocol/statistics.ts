import type { BatchStatistics, ModelStatistics, StatisticDuration } from '../inference';

/** There is no response cache; clients insist on the two keys. */
const NO_CACHE: StatisticDuration = { count: 0, ns: 0 };

/** The body of `GET /v2/models/{model}/stats` and of `GET /v2/models/stats`. Whole numbers only: clients read unsigned integers. */
export function encodeStatistics(statistics: readonly ModelStatistics[]): string {
  return JSON.stringify({ model_stats: statistics.map(statisticsRecord) });
}

/** By the protocol's field names, the same over HTTP and gRPC. */
export function statisticsRecord(statistics: ModelStatistics) {
  return {
    name: statistics.name,
    version: statistics.version,
    last_inference: statistics.lastInferenceMs,
    inference_count: statistics.inferenceCount,
    execution_count: statistics.executionCount,
    inference_stats: {
      success: duration(statistics.success),
      fail: duration(statistics.fail),
      queue: duration(statistics.queue),
      compute_input: duration(statistics.computeInput),
      compute_infer: duration(statistics.computeInfer),
      compute_output: duration(statistics.computeOutput),
      cache_hit: NO_CACHE,
      cache_miss: NO_CACHE,
    },
    response_stats: {},
    batch_stats: statistics.batches.map(batchStatistics),
    memory_usage: [],
  };
}

function batchStatistics({ batchSize, computeInput, computeInfer, computeOutput }: BatchStatistics) {
  return {
    batch_size: batchSize,
    compute_input: duration(computeInput),
    compute_infer: duration(computeInfer),
    compute_output: duration(computeOutput),
  };
}

function duration({ count, ns }: StatisticDuration) {
  return { count, ns };
}
