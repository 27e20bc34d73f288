import { describe, expect, test } from 'vitest';
import type { MetricsConfig } from '../config';
import type { DeviceInfo, DeviceSample, Reading } from '../contract';
import { parseExposition, seriesValue } from '../testing/exposition';
import { FAMILIES, metricsPage } from './metrics-page';
import type { DeviceView, MetricsView, VersionView } from './metrics-view';
import { VersionStats } from './version-stats';

const USUAL: MetricsConfig = { counterLatencies: true, summaryLatencies: false, histogramLatencies: false };
const ALL: MetricsConfig = { counterLatencies: true, summaryLatencies: true, histogramLatencies: true };
const none: Reading = { value: null, reason: 'cannot be read' };

const device = (
  info: DeviceInfo,
  readings: Partial<DeviceSample> = {},
  energyJoules: number | null = null,
) => ({
  info,
  energyJoules,
  sample: {
    id: info.id,
    utilization: none,
    memoryUsedBytes: none,
    memoryTotalBytes: none,
    powerWatts: none,
    temperatureCelsius: none,
    busyUs: 2_500_000,
    instances: 1,
    shares: [{ model: 'm', weight: 4, deviceClass: 'background' as const, busyUs: 1_500_000 }],
    ...readings,
  },
});
const infoOf = (id: string, kind: DeviceInfo['kind'], uuid?: string): DeviceInfo => ({
  id,
  kind,
  name: id,
  source: 'test',
  note: null,
  ...(uuid === undefined ? {} : { uuid }),
});
const CPU = device(infoOf('cpu', 'cpu'), {
  utilization: { value: 0.25 },
  memoryTotalBytes: { value: 2 ** 34 },
});

/** One version that answered two requests in one batch of three rows, and failed four. */
function versionView(config: MetricsConfig, more: Partial<VersionView> = {}): VersionView {
  const stats = new VersionStats('2', config);
  const times = { computeInputUs: 10, computeInferUs: 200_000.5, computeOutputUs: 5 };
  stats.recordBatch(
    {
      ...{ id: 1, atMs: 1000, model: 'm', version: '2', instance: 'm/2#0', rows: 3, requests: 2 },
      ...{ reason: 'delay', oldestQueueUs: 1000, predictedUs: null, paddedRows: 0, error: null, ...times },
    },
    200_015.5,
  );
  for (const queueUs of [100, 1000]) stats.recordRequest({ ...times, queueUs, totalUs: 200_015.5 + queueUs });
  stats.recordFailure('CANCELLED', 5);
  stats.recordFailure('INSTANCE_LOST', 5);
  stats.recordFailure('SHUTTING_DOWN', 5);
  stats.recordFailure('QUEUE_FULL', null);
  const { departures, busyUs, latency } = stats.counters();
  return {
    model: 'm',
    version: '2',
    tags: {},
    deviceId: 'cpu',
    statistics: stats.statistics('m'),
    failures: stats.failuresAfterQueueing(),
    departures,
    busyUs,
    latency,
    detail: stats.detail,
    queueLength: 7,
    maxQueueSize: 100,
    inFlight: 2,
    instancesReady: 1,
    loadDurationMs: 1250,
    ...more,
  };
}

const COLD_STARTS = { count: 3, lastMs: 500, totalMs: 1500, evictions: 2 };

const viewOf = (versions: readonly VersionView[], devices: readonly DeviceView[] = [CPU]): MetricsView => ({
  versions,
  devices,
  models: [
    { model: 'm', ready: true, failed: { QUEUE_FULL: 3 }, coldStarts: COLD_STARTS },
    { model: 'gone', ready: null, failed: {}, coldStarts: COLD_STARTS },
    { model: 'broken', ready: false, failed: {}, coldStarts: COLD_STARTS },
  ],
  memory: [
    { deviceId: 'cpu', budgetBytes: 4e9, budgetNote: 'set', reservedBytes: 3e9, models: [], evictions: 2 },
    { deviceId: 'gpu', budgetBytes: null, budgetNote: 'none', reservedBytes: 0, models: [], evictions: 0 },
  ],
  process: {
    rssBytes: 1e8,
    heapUsedBytes: 2e7,
    eventLoopBusySeconds: 1.5,
    startedAtMs: 1_700_000_000_500,
    version: '1.2.3',
  },
});
const pageOf = (config: MetricsConfig, more: Partial<VersionView> = {}, devices?: readonly DeviceView[]) =>
  metricsPage(viewOf([versionView(config, more)], devices), config);

describe('the metrics page', () => {
  test('has the counters of a version in the units that their names say', () => {
    const page = parseExposition(pageOf(USUAL));
    const of = (name: string, more = {}) => seriesValue(page, name, { model: 'm', version: '2', ...more });
    expect(of('nv_inference_request_success')).toBe(2);
    expect(of('nv_inference_count')).toBe(3);
    expect(of('nv_inference_exec_count')).toBe(1);
    expect(of('nv_inference_request_duration_us')).toBe(401_131);
    expect(of('nv_inference_queue_duration_us')).toBe(1100);
    expect(of('nv_inference_compute_infer_duration_us')).toBe(400_001);
    expect(of('nv_inference_pending_request_count')).toBe(7);
    expect(of('nv_model_load_duration_secs')).toBe(1.25);
    expect(of('ferry_request_duration_seconds_sum')).toBeCloseTo(0.401131, 9);
    expect(of('ferry_queue_duration_seconds_bucket', { le: '0.000128' })).toBe(1);
    expect(of('ferry_queue_duration_seconds_bucket', { le: '0.001024' })).toBe(2);
    expect(of('ferry_batch_size_bucket', { le: '2' })).toBe(0);
    expect(of('ferry_batch_size_bucket', { le: '4' })).toBe(1);
    expect(of('ferry_batch_size_sum')).toBe(3);
    expect(of('ferry_batches_total', { reason: 'delay' })).toBe(1);
    expect(of('ferry_batches_total', { reason: 'full' })).toBe(0);
    expect(seriesValue(page, 'ferry_rejected_requests_total', { model: 'm', reason: 'QUEUE_FULL' })).toBe(3);
    expect(seriesValue(page, 'ferry_device_memory_budget_bytes', { device: 'cpu' })).toBe(4e9);
    expect(() => seriesValue(page, 'ferry_device_memory_budget_bytes', { device: 'gpu' })).toThrow(
      '0 series',
    );
    expect(seriesValue(page, 'ferry_device_memory_reserved_bytes', { device: 'cpu' })).toBe(3e9);
    expect(seriesValue(page, 'ferry_model_evictions_total', { model: 'm' })).toBe(2);
    expect(seriesValue(page, 'ferry_model_cold_starts_total', { model: 'm' })).toBe(3);
    expect(seriesValue(page, 'ferry_model_cold_start_seconds_total', { model: 'm' })).toBe(1.5);
    expect(seriesValue(page, 'ferry_process_start_time_seconds')).toBe(1_700_000_000.5);
  });

  test('has a failure under exactly one of four reasons, which are always there', () => {
    const page = parseExposition(pageOf(USUAL));
    const by = Object.fromEntries(
      ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'].map((reason) => [
        reason,
        seriesValue(page, 'nv_inference_request_failure', { model: 'm', version: '2', reason }),
      ]),
    );
    expect(by).toEqual({ REJECTED: 0, CANCELED: 1, BACKEND: 1, OTHER: 1 });
  });

  test('has summaries and the first-response histogram only when they are asked for', () => {
    const optIn = FAMILIES.filter(({ only }) => only !== undefined && only !== 'counterLatencies');
    const usual = parseExposition(pageOf(USUAL)).map(({ name }) => name);
    const all = parseExposition(pageOf(ALL));
    expect(optIn).toHaveLength(6);
    for (const { name } of optIn) {
      expect(usual).not.toContain(name);
      expect(all.map((family) => family.name)).toContain(name);
    }
    const median = seriesValue(all, 'nv_inference_compute_infer_summary_us', { quantile: '0.5' });
    expect(Math.abs(median - 200_000)).toBeLessThan(200_000 / 16);
    expect(seriesValue(all, 'nv_inference_compute_infer_summary_us_count')).toBe(2);
    expect(seriesValue(all, 'nv_inference_first_response_histogram_ms_bucket', { le: '100' })).toBe(0);
    expect(seriesValue(all, 'nv_inference_first_response_histogram_ms_bucket', { le: '500' })).toBe(2);
    const without = parseExposition(pageOf({ ...USUAL, counterLatencies: false })).map(({ name }) => name);
    expect(without.filter((name) => name.endsWith('_duration_us'))).toEqual([]);
    expect(without).toContain('nv_inference_count');
  });

  test("carries a model's tags as labels, whatever they are called", () => {
    const tags = { team: 'se"ar\\ch\n', 'cost-centre': '7', cost_centre: '8' };
    const page = parseExposition(pageOf(USUAL, { tags }));
    const [series] = page.find(({ name }) => name === 'nv_inference_count')?.series ?? [];
    expect(series?.labels).toEqual({ model: 'm', version: '2', _team: 'se"ar\\ch\n', _cost_centre: '7' });
  });

  test('has one series for each model that should serve, and none for one that should not', () => {
    const page = parseExposition(pageOf(USUAL));
    expect(page.find(({ name }) => name === 'ferry_model_ready')?.series).toMatchObject([
      { labels: { model: 'm' }, value: 1 },
      { labels: { model: 'broken' }, value: 0 },
    ]);
  });

  test('never has a series for a value that cannot be read', () => {
    const names = parseExposition(pageOf(USUAL)).map(({ name }) => name);
    expect(names).toContain('nv_cpu_utilization');
    expect(names).toContain('nv_cpu_memory_total_bytes');
    expect(names).not.toContain('nv_cpu_memory_used_bytes');
    expect(names.filter((name) => name.startsWith('nv_gpu') || name.includes('energy'))).toEqual([]);
  });

  test('has GPUs as load generators look for them: one label, one space, a plain decimal, not on the first line', () => {
    const readings = {
      utilization: { value: 1e-7 },
      memoryTotalBytes: { value: 24 * 2 ** 30 },
      memoryUsedBytes: { value: 2 ** 30 },
      powerWatts: { value: 71.5 },
    };
    const gpus = [
      device(infoOf('nvidia:0', 'gpu', 'GPU-1a'), readings, 12.5),
      device(infoOf('amd:0', 'gpu'), readings),
    ];
    const page = pageOf(USUAL, { deviceId: 'nvidia:0' }, [CPU, ...gpus]);
    expect(page).toMatch(/\nnv_gpu_utilization\{gpu_uuid="GPU-1a"\} 0\.0000001\n/);
    expect(page).toMatch(/\nnv_gpu_memory_total_bytes\{gpu_uuid="GPU-1a"\} 25769803776\n/);
    expect(page).toMatch(/\nnv_gpu_memory_used_bytes\{gpu_uuid="amd:0"\} 1073741824\n/);
    expect(page).toMatch(/\nnv_gpu_power_usage\{gpu_uuid="GPU-1a"\} 71\.5\n/);
    expect(page).toMatch(/\nnv_energy_consumption\{gpu_uuid="GPU-1a"\} 12\.5\n/);
    const families = parseExposition(page);
    expect(families.find(({ name }) => name === 'nv_energy_consumption')?.type).toBe('counter');
    expect(seriesValue(families, 'nv_inference_count', { model: 'm', gpu_uuid: 'GPU-1a' })).toBe(3);
  });

  test('says what each model takes of a device and what it may take', () => {
    const families = parseExposition(pageOf(USUAL));
    const labels = { device: 'cpu', kind: 'cpu', model: 'm' };
    expect(seriesValue(families, 'ferry_device_model_busy_seconds_total', labels)).toBe(1.5);
    expect(seriesValue(families, 'ferry_device_model_weight', { ...labels, class: 'background' })).toBe(4);
  });

  test('keeps to the labels, types and texts of its table', () => {
    const gpu = device(infoOf('nvidia:0', 'gpu', 'GPU-1a'), { utilization: { value: 1 } });
    const page = parseExposition(pageOf(ALL, { deviceId: 'nvidia:0' }, [CPU, gpu]));
    for (const { name, type, help, series } of page) {
      const row = FAMILIES.find((family) => family.name === name);
      expect({ name, type, help }).toEqual({ name: row?.name, type: row?.type, help: row?.help });
      for (const { labels } of series)
        expect(row?.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
      const used = new Set(series.flatMap(({ labels }) => Object.keys(labels)));
      expect([...used].sort()).toEqual([...(row?.labels ?? [])].sort());
    }
  });
});
