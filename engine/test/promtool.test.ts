import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { simulatedConfig } from './arithmetic-models';
import { startEngine } from './start-engine';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** The one on PATH, else the one that `npm test` unpacked. */
const TOOL = ['promtool', path('.ferry/promtool/usr/bin/promtool')].find((tool) =>
  tool === 'promtool' ? spawnSync(tool, ['--version']).status === 0 : existsSync(tool),
);
if (TOOL === undefined) console.log('skipped: no promtool here (Debian: the package prometheus)');

const promtool = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(TOOL ?? '', args, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
};

describe.skipIf(TOOL === undefined)('by the judgement of promtool', () => {
  test('the scrape configuration and the alerts are valid', () => {
    expect(promtool(['check', 'config', path('docs/prometheus/prometheus.yml')])).toMatchObject({
      status: 0,
    });
  });

  test("a live scrape is valid, and only Triton's names are not as Prometheus would have named them", async () => {
    const config = simulatedConfig({ baseUs: 100, more: 'metric_tags { key: "team" value: "a\\"b" }' });
    const t = await startEngine({
      models: { 'slow/config.pbtxt': config },
      argv: ['--log-level', 'error', '--metrics-config', 'summary_latencies=true,histogram_latencies=true'],
    });
    try {
      await t.http.inferFloats('slow', [1, 2], Float32Array.of(1, 2));
      const page = await (await fetch(`${t.engine.status.metrics?.url}/metrics`)).text();
      const { status, output } = promtool(['check', 'metrics'], page);
      const complaints = output.split('\n').filter((line) => line !== '');
      // 3: it read all of the page, and has something to say of names.
      expect({ status, output }).toEqual({ status: 3, output });
      expect(complaints.filter((line) => !/^nv_[a-z_]+ \S/.test(line))).toEqual([]);
    } finally {
      await t.close();
    }
  });
});
