import {
  DEPARTURE_REASONS,
  type DepartureReason,
  type DeviceSample,
  EMPTY_HISTOGRAM,
  histogramDelta,
  histogramMerge,
  histogramPercentileUs,
  type MetricsSample,
  type ModelCounters,
  type Reading,
} from '../../engine/contract';

/** What happened between two samples, as rates. Null where nothing happened that could be measured. */
export interface RatePoint {
  /** Time of the later sample. */
  readonly atMs: number;
  readonly requestsPerSecond: number;
  readonly inferencesPerSecond: number;
  readonly failuresPerSecond: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Rows per batch. */
  readonly meanBatchSize: number | null;
  /** Batches per second by why they left; only reasons that occurred. */
  readonly departures: Readonly<Partial<Record<DepartureReason, number>>>;
  /** Share of the time in which instances were executing, 0 to 1. */
  readonly busyShare: number | null;
  readonly queueLength: number;
}

export interface DevicePoint {
  readonly atMs: number;
  readonly utilization: number | null;
  readonly busyShare: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
}

/** A hole longer than this (a stalled or restarted engine, a sleeping laptop) is shown as a hole, not as a slope. */
export const GAP_MS = 3_000;
/** Samples come every half second. */
const BEAT_MS = 500;

/** Counters that have gone back belong to a restarted engine: everything they count happened since. */
function since(
  earlier: ModelCounters | undefined,
  later: ModelCounters,
): (pick: (counters: ModelCounters) => number) => number {
  const restarted =
    earlier === undefined ||
    later.requestsOk < earlier.requestsOk ||
    later.executionCount < earlier.executionCount;
  return (pick) => pick(later) - (restarted ? 0 : pick(earlier));
}

const failedOf = (counters: ModelCounters) =>
  Object.values(counters.requestsFailed).reduce((sum, count) => sum + count, 0);

/** What lies between two samples; the monotonic clock counts, and where that went back (another process) the wall clock. */
function elapsedUs(earlier: MetricsSample, later: MetricsSample): number {
  const monotonicUs = later.monotonicUs - earlier.monotonicUs;
  return Math.max(monotonicUs > 0 ? monotonicUs : (later.atMs - earlier.atMs) * 1_000, 1_000);
}

/**
 * Rates between two samples, of one model or (name null) of all together. Percentiles come from the difference of the
 * histograms, so they are exact for the interval up to a bucket's width (6 %), never averages of percentiles.
 */
export function ratePoint(earlier: MetricsSample, later: MetricsSample, name: string | null): RatePoint {
  const seconds = elapsedUs(earlier, later) / 1e6;
  const before = new Map(earlier.models.map((model) => [model.name, model]));
  const models = later.models.filter((model) => name === null || model.name === name);
  const total = (pick: (counters: ModelCounters) => number) =>
    models.reduce((sum, model) => sum + since(before.get(model.name), model)(pick), 0);
  const latency = histogramMerge(
    models.map((model) => histogramDelta(before.get(model.name)?.latency ?? EMPTY_HISTOGRAM, model.latency)),
  );
  const percentileMs = (share: number) => {
    const us = histogramPercentileUs(latency, share);
    return us === null ? null : us / 1000;
  };
  const batches = total((model) => model.executionCount);
  const rows = total((model) => model.inferenceCount);
  const instances = models.reduce((sum, model) => sum + model.instances, 0);
  return {
    atMs: later.atMs,
    requestsPerSecond: total((model) => model.requestsOk) / seconds,
    inferencesPerSecond: rows / seconds,
    failuresPerSecond: total(failedOf) / seconds,
    p50Ms: percentileMs(0.5),
    p95Ms: percentileMs(0.95),
    p99Ms: percentileMs(0.99),
    meanBatchSize: batches > 0 ? rows / batches : null,
    departures: departuresPerSecond(total, seconds),
    busyShare: instances > 0 ? Math.min(1, total((model) => model.busyUs) / 1e6 / seconds / instances) : null,
    queueLength: models.reduce((sum, model) => sum + model.queueLength, 0),
  };
}

function departuresPerSecond(
  total: (pick: (counters: ModelCounters) => number) => number,
  seconds: number,
): RatePoint['departures'] {
  const rates: Partial<Record<DepartureReason, number>> = {};
  for (const reason of DEPARTURE_REASONS) {
    const count = total((model) => model.departures[reason] ?? 0);
    if (count > 0) rates[reason] = count / seconds;
  }
  return rates;
}

/** The readings of a device at the later sample, and its busy share between the two. */
export function devicePoint(earlier: MetricsSample, later: MetricsSample, id: string): DevicePoint {
  const find = (sample: MetricsSample): DeviceSample | undefined =>
    sample.devices.find((device) => device.id === id);
  const [before, now] = [find(earlier), find(later)];
  const busyUs = now ? now.busyUs - (before && before.busyUs <= now.busyUs ? before.busyUs : 0) : 0;
  return {
    atMs: later.atMs,
    utilization: readingOf(now?.utilization),
    busyShare:
      now && now.instances > 0 ? Math.min(1, busyUs / elapsedUs(earlier, later) / now.instances) : null,
    memoryUsedBytes: readingOf(now?.memoryUsedBytes),
    memoryTotalBytes: readingOf(now?.memoryTotalBytes),
  };
}

const readingOf = (reading: Reading | undefined): number | null => reading?.value ?? null;

/**
 * The rates in `[fromMs, toMs]`, one point per beat. With `everyMs` each point spans that long instead: samples are
 * cumulative, so the wider interval is as exact as the narrow one.
 */
export function rateSeries(
  samples: readonly MetricsSample[],
  name: string | null,
  fromMs: number,
  toMs: number,
  everyMs: number = BEAT_MS,
): RatePoint[] {
  return overIntervals(samples, fromMs, toMs, everyMs, `rates ${name ?? '*'}`, (earlier, later) =>
    ratePoint(earlier, later, name),
  );
}

/** The readings of one device in `[fromMs, toMs]`, one point per beat. */
export function deviceSeries(
  samples: readonly MetricsSample[],
  id: string,
  fromMs: number,
  toMs: number,
): DevicePoint[] {
  return overIntervals(samples, fromMs, toMs, BEAT_MS, `device ${id}`, (earlier, later) =>
    devicePoint(earlier, later, id),
  );
}

/** Points already made, by their later sample: a chart that moves on by a beat then makes one new point, not a thousand. */
const made = new WeakMap<
  MetricsSample,
  Map<string, { readonly earlier: MetricsSample; readonly point: unknown }>
>();

function onceMade<T>(earlier: MetricsSample, later: MetricsSample, key: string, make: () => T): T {
  let points = made.get(later);
  if (!points) {
    points = new Map();
    made.set(later, points);
  }
  const known = points.get(key);
  // The key names what `make` makes, so a point found under it is of this type.
  if (known?.earlier === earlier) return known.point as T;
  const point = make();
  points.set(key, { earlier, point });
  return point;
}

function overIntervals<T>(
  samples: readonly MetricsSample[],
  fromMs: number,
  toMs: number,
  everyMs: number,
  key: string,
  make: (earlier: MetricsSample, later: MetricsSample) => T,
): T[] {
  const points: T[] = [];
  let begin: MetricsSample | undefined;
  let previous: MetricsSample | undefined;
  for (const sample of samples) {
    if (sample.atMs < fromMs || sample.atMs > toMs) continue;
    if (!begin || !previous || !follows(previous, sample)) begin = sample;
    else if (closesPoint(previous, sample, everyMs) || sample === samples.at(-1)) {
      const earlier = begin;
      points.push(onceMade(earlier, sample, key, () => make(earlier, sample)));
      begin = sample;
    }
    previous = sample;
  }
  return points;
}

/** False across a hole, and across a restart, where the monotonic clock may begin anew. */
function follows(previous: MetricsSample, next: MetricsSample): boolean {
  return next.atMs - previous.atMs <= GAP_MS && next.monotonicUs > previous.monotonicUs;
}

/** Cut by the wall clock, so that a point does not change its members from one beat to the next. */
function closesPoint(previous: MetricsSample, sample: MetricsSample, everyMs: number): boolean {
  return everyMs <= BEAT_MS || Math.floor(previous.atMs / everyMs) !== Math.floor(sample.atMs / everyMs);
}

/** The newest rates over about `spanMs`: steadier than over a single beat. Null before there are two samples. */
export function currentRates(
  samples: readonly MetricsSample[],
  name: string | null,
  spanMs = 2_000,
): RatePoint | null {
  const later = samples.at(-1);
  if (!later) return null;
  const earlier = samples.findLast((sample) => later.atMs - sample.atMs >= spanMs - 250) ?? samples[0];
  if (!earlier || earlier === later || later.atMs - earlier.atMs > 2 * spanMs + GAP_MS) return null;
  return onceMade(earlier, later, `now ${name ?? '*'}`, () => ratePoint(earlier, later, name));
}
