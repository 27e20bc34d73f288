import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAMILIES } from './metrics-page';

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

const SETTINGS = {
  counterLatencies: 'counter_latencies',
  summaryLatencies: 'summary_latencies',
  histogramLatencies: 'histogram_latencies',
} as const;

/** A word that looks like one of our metrics, with or without a suffix of its type. */
const METRIC = /\b(?:nv|ferry)_[a-z0-9_]+\b/g;
const SERIES: ReadonlySet<string> = new Set(
  FAMILIES.flatMap(({ name, type }) => {
    if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
    return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name];
  }),
);

describe('the table of families', () => {
  test('names each family once, by the rules of names', () => {
    const names = FAMILIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, help } of FAMILIES) {
      expect(name).toMatch(/^(?:nv|ferry)_[a-z0-9_]+$/);
      expect(help).toMatch(/^[\x20-\x7e]+[^.]$/);
      if (name.startsWith('ferry_')) expect(name.endsWith('_total')).toBe(type === 'counter');
    }
  });

  test('is the table of docs/metrics.md, row by row', () => {
    const rows = docs('metrics.md')
      .split('\n')
      .filter((line) => /^\| `(?:nv|ferry)_/.test(line));
    expect(rows).toEqual(
      FAMILIES.map(({ name, type, unit, labels, help, only }) => {
        const shown = labels.map((label) => `\`${label}\``).join(', ');
        const when = only === undefined ? '' : ` (\`${SETTINGS[only]}\`)`;
        return `| \`${name}\` | ${type} | ${unit} | ${shown} | ${help}${when} |`;
      }),
    );
  });
});

describe('what is made from the metrics', () => {
  const files = ['grafana/ferry.json', 'prometheus/alerts.yml'];

  test.each(files)('%s names only series that exist', (file) => {
    const used = new Set(docs(file).match(METRIC));
    expect(used.size).toBeGreaterThan(5);
    expect([...used].filter((name) => !SERIES.has(name))).toEqual([]);
  });

  test('the dashboard and alerts are all files there are', () => {
    expect(readdirSync(new URL('../../docs/grafana', import.meta.url))).toEqual(['ferry.json']);
    expect(readdirSync(new URL('../../docs/prometheus', import.meta.url)).sort()).toEqual([
      'alerts.yml',
      'prometheus.yml',
    ]);
  });
});
