import { afterEach, describe, expect, test } from 'vitest';
import { type ExpositionFamily, parseExposition, seriesValue } from '../testing/exposition';
import { simulatedConfig } from './arithmetic-models';
import { startEngine, type TestEngine } from './start-engine';

let t: TestEngine | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
}, 60_000);

const models = {
  'slow/config.pbtxt': simulatedConfig({
    baseUs: 1000,
    more: 'dynamic_batching { preferred_batch_size: [ 3 ] max_queue_delay_microseconds: 10000000 }\nmetric_tags { key: "team" value: "search" }',
  }),
};
const start = async (argv: readonly string[] = []): Promise<TestEngine> => {
  t = await startEngine({ models, argv: ['--log-level', 'error', ...argv] });
  return t;
};
const scrape = async ({ engine }: TestEngine): Promise<ExpositionFamily[]> => {
  const response = await fetch(`${engine.status.metrics?.url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  return parseExposition(await response.text());
};
const row = (engine: TestEngine, value: number) =>
  engine.http.inferFloats('slow', [1, 2], Float32Array.of(value, value));

describe('a live engine', () => {
  test('is scraped while it serves, with numbers that are those of its statistics', async () => {
    const engine = await start(['--metrics-config', 'summary_latencies=true,histogram_latencies=true']);
    const before = await scrape(engine);
    const labels = { model: 'slow', version: '1', _team: 'search' };
    expect(seriesValue(before, 'nv_inference_count', labels)).toBe(0);
    expect(before.find(({ name }) => name === 'nv_inference_request_summary_us')?.series).toHaveLength(2);

    await Promise.all([row(engine, 1), row(engine, 2), row(engine, 3)]);
    expect((await engine.http.inferFloats('slow', [1, 3], new Float32Array(3))).status).toBe(400);
    const page = await scrape(engine);
    const [statistics] = engine.engine.registry.statistics('slow', null);
    const value = (name: string, more = {}) => seriesValue(page, name, { ...labels, ...more });
    expect(value('nv_inference_request_success')).toBe(3);
    expect(value('nv_inference_exec_count')).toBe(1);
    expect(value('nv_inference_queue_duration_us')).toBe(Math.floor((statistics?.queue.ns ?? 0) / 1000));
    expect(value('ferry_request_duration_seconds_count')).toBe(3);
    expect(value('ferry_queue_duration_seconds_count')).toBe(3);
    expect(value('ferry_batch_size_bucket', { le: '4' })).toBe(1);
    expect(value('ferry_batches_total', { reason: 'preferred' })).toBe(1);
    expect(value('ferry_instances_ready')).toBe(1);
    expect(value('nv_model_load_duration_secs')).toBeGreaterThan(0);
    expect(value('nv_inference_first_response_histogram_ms_count')).toBe(3);
    expect(value('nv_inference_compute_infer_summary_us_count')).toBe(3);
    const rejected = { model: 'slow', reason: 'INVALID_ARGUMENT' };
    expect(seriesValue(page, 'ferry_rejected_requests_total', rejected)).toBe(1);
    expect(seriesValue(page, 'ferry_device_busy_seconds_total', { device: 'simulated' })).toBeGreaterThan(0);
    expect(seriesValue(page, 'ferry_model_ready', { model: 'slow' })).toBe(1);
    expect(seriesValue(page, 'ferry_process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(seriesValue(page, 'ferry_event_loop_busy_seconds_total')).toBeGreaterThan(0);
    expect(seriesValue(page, 'nv_cpu_memory_total_bytes')).toBeGreaterThan(1e6);
  });

  test('drops the series of a version that is unloaded, and begins anew with one that is loaded again', async () => {
    const engine = await start();
    await Promise.all([row(engine, 1), row(engine, 2), row(engine, 3)]);
    const { registry } = engine.engine;
    await registry.load('slow');
    expect(seriesValue(await scrape(engine), 'nv_inference_count', { model: 'slow' })).toBe(0);
    await registry.unload('slow');
    const page = await scrape(engine);
    expect(page.map(({ name }) => name)).not.toContain('nv_inference_count');
    expect(page.map(({ name }) => name)).not.toContain('ferry_model_ready');
    expect(page.map(({ name }) => name)).toContain('ferry_build_info');
  });

  test('opens no door and records nothing for it without metrics', async () => {
    const engine = await start(['--no-metrics']);
    await Promise.all([row(engine, 1), row(engine, 2), row(engine, 3)]);
    expect(engine.engine.status.metrics).toBeNull();
    expect(engine.engine.registry.metrics()[0]?.versions[0]?.detail).toBeNull();
    expect(engine.engine.registry.statistics('slow', null)[0]?.success.count).toBe(3);
    expect(engine.counters('slow').latency.count).toBe(3);
  });
});
