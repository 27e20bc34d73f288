import { refusedIsNull } from './model-rows';
import type { ModelStats, V2Client } from './v2-client';

/** What the server says that requests cost, between two looks at its statistics. */
export interface ServerTimes {
  readonly requests: number;
  /** Rows. */
  readonly inferences: number;
  /** Batches. */
  readonly executions: number;
  readonly failures: number;
  /** Means per request, microseconds; null where no request was answered. */
  readonly queueUs: number | null;
  readonly computeInputUs: number | null;
  readonly computeInferUs: number | null;
  readonly computeOutputUs: number | null;
  readonly totalUs: number | null;
}

/** Statistics of a model; null where the server keeps none. */
export function statisticsOf(client: V2Client, model: string): Promise<readonly ModelStats[] | null> {
  return client.statistics(model).catch(refusedIsNull);
}

/** Since `before` (null: since the server began to count). Counters that went back were begun anew: `before` is then left out. */
export function timesBetween(before: ModelStats | null, after: ModelStats): ServerTimes {
  const began =
    before !== null && before.inference_stats.success.count <= after.inference_stats.success.count
      ? before
      : null;
  const differ = (pick: (stats: ModelStats) => number): number =>
    pick(after) - (began === null ? 0 : pick(began));
  const requests = differ((stats) => stats.inference_stats.success.count);
  const meanUs = (part: Exclude<keyof ModelStats['inference_stats'], 'fail'>): number | null =>
    requests > 0 ? differ((stats) => stats.inference_stats[part].ns) / requests / 1000 : null;
  return {
    requests,
    inferences: differ(({ inference_count }) => inference_count),
    executions: differ(({ execution_count }) => execution_count),
    failures: differ((stats) => stats.inference_stats.fail.count),
    queueUs: meanUs('queue'),
    computeInputUs: meanUs('compute_input'),
    computeInferUs: meanUs('compute_infer'),
    computeOutputUs: meanUs('compute_output'),
    totalUs: meanUs('success'),
  };
}

/** The version's times between two looks; null when either is missing. */
export function timesOfVersion(
  before: readonly ModelStats[] | null,
  after: readonly ModelStats[] | null,
  version: string,
): ServerTimes | null {
  const of = (list: readonly ModelStats[] | null) => list?.find((stats) => stats.version === version);
  const last = of(after);
  return before === null || last === undefined ? null : timesBetween(of(before) ?? null, last);
}

/** Of the version that answered most between two looks; null where the server keeps no statistics. */
export function busiestVersion(
  before: readonly ModelStats[] | null,
  after: readonly ModelStats[] | null,
): ServerTimes | null {
  const times = (after ?? []).map(({ version }) => timesOfVersion(before, after, version));
  return times.reduce(
    (most, next) => ((next?.requests ?? 0) > (most?.requests ?? 0) ? next : most),
    times[0] ?? null,
  );
}

/** A time for reading: "850 us", "12.3 ms". */
export function timeText(us: number | null): string {
  if (us === null) return '-';
  if (us < 1000) return `${us.toFixed(us < 10 ? 1 : 0)} us`;
  return `${(us / 1000).toFixed(us < 100_000 ? 2 : 0)} ms`;
}
