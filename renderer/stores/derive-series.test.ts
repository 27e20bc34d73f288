import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketIndexOf, type MetricsSample, type ModelCounters } from '../../engine/contract';
import { currentRates, devicePoint, deviceSeries, ratePoint, rateSeries } from './derive-series';

interface Counts {
  readonly ok?: number;
  readonly batches?: number;
  readonly failed?: number;
  readonly busyUs?: number;
  readonly latencyUs?: number;
  readonly departures?: ModelCounters['departures'];
}

function counters(
  name: string,
  { ok = 0, batches = ok, failed = 0, busyUs = 0, latencyUs = 10_000, departures = {} }: Counts,
): ModelCounters {
  return {
    name,
    requestsOk: ok,
    requestsFailed: failed > 0 ? { QUEUE_FULL: failed } : {},
    inferenceCount: ok,
    executionCount: batches,
    batchSizes: [],
    departures,
    busyUs,
    queueUs: 0,
    computeInputUs: 0,
    computeInferUs: 0,
    computeOutputUs: 0,
    latency:
      ok === 0
        ? { indexes: [], counts: [], count: 0, sumUs: 0 }
        : { indexes: [bucketIndexOf(latencyUs)], counts: [ok], count: ok, sumUs: ok * latencyUs },
    queueLength: 0,
    inFlight: 0,
    instances: 1,
  };
}

function sample(
  atMs: number,
  models: Readonly<Record<string, Counts>>,
  monotonicUs = atMs * 1_000,
): MetricsSample {
  return {
    atMs,
    monotonicUs,
    models: Object.entries(models).map(([name, counts]) => counters(name, counts)),
    devices: [],
    process: { rssBytes: 0, eventLoopBusyShare: 0 },
  };
}

describe('ratePoint', () => {
  test('divides what was counted by the monotonic time, not by the wall clock', () => {
    const point = ratePoint(sample(0, { a: { ok: 10 } }, 1e6), sample(9_000, { a: { ok: 60 } }, 2e6), 'a');
    expect(point.requestsPerSecond).toBe(50);
  });

  test('of all models is the sum of theirs', () => {
    const earlier = sample(0, { a: { ok: 10 }, b: { ok: 5 } });
    const later = sample(1_000, { a: { ok: 20, failed: 3 }, b: { ok: 7 } });
    expect(ratePoint(earlier, later, null)).toMatchObject({ requestsPerSecond: 12, failuresPerSecond: 3 });
    expect(ratePoint(earlier, later, 'b').requestsPerSecond).toBe(2);
  });

  test('has no latency and no batch size while nothing is answered', () => {
    const quiet = ratePoint(sample(0, { a: { ok: 9 } }), sample(1_000, { a: { ok: 9 } }), 'a');
    expect(quiet).toMatchObject({ requestsPerSecond: 0, p50Ms: null, p99Ms: null, meanBatchSize: null });
  });

  test('takes percentiles from what happened in between alone', () => {
    const later = sample(1_000, { a: { ok: 100 } });
    const slow = {
      ...later.models[0]!.latency,
      indexes: [bucketIndexOf(1_000), bucketIndexOf(80_000)],
      counts: [900, 100],
      count: 1_000,
    };
    const fast = { ...slow, indexes: [bucketIndexOf(1_000)], counts: [900], count: 900 };
    const withLatency = (of: MetricsSample, latency: ModelCounters['latency'], ok: number) => ({
      ...of,
      models: [{ ...of.models[0]!, latency, requestsOk: ok }],
    });
    const point = ratePoint(
      withLatency(sample(0, { a: {} }), fast, 900),
      withLatency(later, slow, 1_000),
      'a',
    );
    expect(Math.abs((point.p50Ms ?? 0) - 80)).toBeLessThan(5);
  });

  test('counts from zero when the engine was restarted and its counters went back', () => {
    const point = ratePoint(sample(0, { a: { ok: 5_000 } }, 9e9), sample(1_000, { a: { ok: 40 } }, 500), 'a');
    expect(point.requestsPerSecond).toBe(40);
  });

  test('says by reason how many batches left, and the mean rows in them', () => {
    const earlier = sample(0, { a: { ok: 0, batches: 0 } });
    const later = sample(2_000, { a: { ok: 64, batches: 8, departures: { full: 6, delay: 2 } } });
    expect(ratePoint(earlier, later, 'a')).toMatchObject({
      meanBatchSize: 8,
      departures: { full: 3, delay: 1 },
    });
  });

  test('never gives a busy share above 1', () => {
    const point = ratePoint(sample(0, { a: {} }), sample(1_000, { a: { busyUs: 5e6 } }), 'a');
    expect(point.busyShare).toBe(1);
  });
});

describe('rateSeries', () => {
  const steady = (from: number, count: number, ok = 0) =>
    Array.from({ length: count }, (_, i) => sample(from + i * 500, { a: { ok: ok + i * 5 } }));

  test('has a point for each beat but the first', () => {
    const points = rateSeries(steady(0, 10), 'a', 0, 60_000);
    expect(points.map((point) => point.atMs)).toEqual([
      500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500,
    ]);
    expect(points.every((point) => point.requestsPerSecond === 10)).toBe(true);
  });

  test('makes no slope across a hole or a restart', () => {
    const samples = [...steady(0, 4), ...steady(60_000, 4, 90_000)];
    expect(rateSeries(samples, 'a', 0, 90_000).map((point) => point.atMs)).not.toContain(60_000);
    const restarted = [
      ...steady(0, 4),
      sample(2_000, { a: { ok: 3 } }, 10),
      sample(2_500, { a: { ok: 8 } }, 500_010),
    ];
    expect(rateSeries(restarted, 'a', 0, 9_000).map((point) => point.requestsPerSecond)).toEqual([
      10, 10, 10, 10,
    ]);
  });

  test('counts every request once, however wide the points are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1_000 }), { minLength: 2, maxLength: 60 }),
        fc.constantFrom(500, 2_000, 10_000),
        (added, everyMs) => {
          let ok = 0;
          const samples = added.map((more, i) => {
            ok += more;
            return sample(1_000_000 + i * 500, { a: { ok } });
          });
          const points = rateSeries(samples, 'a', 0, Number.MAX_SAFE_INTEGER, everyMs);
          let from = samples[0]!.atMs;
          let counted = 0;
          for (const point of points) {
            counted += (point.requestsPerSecond * (point.atMs - from)) / 1_000;
            from = point.atMs;
          }
          expect(counted).toBeCloseTo(ok - added[0]!, 3);
        },
      ),
    );
  });

  test('gives the same points again when the window has moved on', () => {
    const samples = steady(0, 20);
    const before = rateSeries(samples, 'a', 0, 8_000);
    const after = rateSeries([...samples, sample(10_000, { a: { ok: 100 } })], 'a', 2_000, 10_000);
    expect(after[3]).toBe(before.find((point) => point.atMs === after[3]?.atMs));
  });
});

describe('currentRates', () => {
  test('span the last two seconds', () => {
    const samples = [
      sample(0, { a: {} }),
      sample(10_000, { a: { ok: 9_000 } }),
      sample(12_000, { a: { ok: 9_020 } }),
    ];
    expect(currentRates(samples, 'a')?.requestsPerSecond).toBe(10);
  });

  test('are unknown before there are two samples, and across a hole', () => {
    expect(currentRates([], 'a')).toBeNull();
    expect(currentRates([sample(0, { a: {} })], 'a')).toBeNull();
    expect(currentRates([sample(0, { a: {} }), sample(30_000, { a: { ok: 5 } })], 'a')).toBeNull();
  });
});

describe('devices', () => {
  const device = (atMs: number, busyUs: number, utilization: number | null): MetricsSample => {
    const none = { value: null, reason: 'no driver' } as const;
    return {
      ...sample(atMs, {}),
      devices: [
        {
          id: 'gpu-0',
          utilization: utilization === null ? none : { value: utilization },
          memoryUsedBytes: none,
          memoryTotalBytes: none,
          powerWatts: none,
          temperatureCelsius: none,
          busyUs,
          instances: 2,
          shares: [],
        },
      ],
    };
  };

  test('share their busy time over their instances', () => {
    expect(devicePoint(device(0, 0, 0.4), device(1_000, 1e6, 0.6), 'gpu-0')).toMatchObject({
      busyShare: 0.5,
      utilization: 0.6,
    });
  });

  test('have null, not 0, for what cannot be read', () => {
    expect(deviceSeries([device(0, 0, null), device(500, 0, null)], 'gpu-0', 0, 1_000)[0]).toMatchObject({
      utilization: null,
      memoryUsedBytes: null,
    });
    expect(devicePoint(device(0, 0, 1), device(500, 0, 1), 'absent')).toMatchObject({
      utilization: null,
      busyShare: null,
    });
  });
});
