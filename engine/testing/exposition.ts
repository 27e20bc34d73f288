/** One line of the page. */
export interface ExpositionSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExpositionFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly series: readonly ExpositionSeries[];
}

type Head = { readonly name: string; readonly type: string; readonly help: string };

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const PLAIN_DECIMAL = /^(?:-?\d+(?:\.\d+)?|NaN)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads a page of Prometheus' text format, more strictly than Prometheus does: HELP and TYPE before each family and once, series
 * of a family together, no series twice, plain decimals only, ASCII outside of label values, histograms that add up.
 *
 * Throws an Error that names the line.
 */
export function parseExposition(page: string): ExpositionFamily[] {
  if (page === '') return [];
  if (!page.endsWith('\n')) throw new Error('the last line does not end');
  const families: { head: Head; series: ExpositionSeries[] }[] = [];
  const seen = new Set<string>();
  const lines = page.slice(0, -1).split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line.startsWith('#')) {
      const head = readHead(line, lines[++i] ?? '');
      if (families.some((family) => family.head.name === head.name)) throw new Error(`twice: ${line}`);
      families.push({ head, series: [] });
      continue;
    }
    const family = families.at(-1);
    if (!family) throw new Error(`a series without a family: ${line}`);
    const series = readSeries(line);
    checkBelongs(series, family.head, line);
    const key = JSON.stringify([series.name, Object.entries(series.labels).sort()]);
    if (seen.has(key)) throw new Error(`the same series twice: ${line}`);
    seen.add(key);
    family.series.push(series);
  }
  return families.map(({ head, series }) => {
    if (series.length === 0) throw new Error(`no series of ${head.name}`);
    if (head.type === 'histogram') checkHistogram(head.name, series);
    return { ...head, series };
  });
}

function readHead(first: string, second: string): Head {
  const [, name = '', help = ''] = /^# HELP (\S+) ([\x20-\x7e]+)$/.exec(first) ?? [];
  const [, typed = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(second) ?? [];
  if (!NAME.test(name) || typed !== name || !SUFFIXES[type])
    throw new Error(`bad head: ${first} / ${second}`);
  return { name, type, help };
}

function readSeries(line: string): ExpositionSeries {
  const name = /^[^{ ]+/.exec(line)?.[0] ?? '';
  if (!NAME.test(name)) throw new Error(`bad name: ${line}`);
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    const pair = /([^=]+)="((?:[^"\\\n]|\\[\\"n])*)"([,}])/y;
    pair.lastIndex = at + 1;
    for (let more = true; more; ) {
      const [whole, label = '', text = '', end] = pair.exec(line) ?? [];
      if (whole === undefined || !LABEL.test(label) || Object.hasOwn(labels, label))
        throw new Error(`bad labels: ${line}`);
      labels[label] = text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
      more = end === ',';
      at = pair.lastIndex;
    }
  }
  const value = line.slice(at + 1);
  if (line[at] !== ' ' || !PLAIN_DECIMAL.test(value)) throw new Error(`bad value: ${line}`);
  return { name, labels, value: Number(value) };
}

function checkBelongs(
  { name, labels, value }: ExpositionSeries,
  { name: family, type }: Head,
  line: string,
): void {
  const suffix = name.startsWith(family) ? name.slice(family.length) : null;
  if (suffix === null || !SUFFIXES[type]?.includes(suffix)) throw new Error(`not of ${family}: ${line}`);
  if (type !== 'gauge' && !(value >= 0)) throw new Error(`below zero: ${line}`);
  if ((suffix === '_bucket') !== Object.hasOwn(labels, 'le')) throw new Error(`bad bucket: ${line}`);
}

function checkHistogram(name: string, series: readonly ExpositionSeries[]): void {
  const groups = new Map<string, { buckets: ExpositionSeries[]; count: number | null; hasSum: boolean }>();
  for (const one of series) {
    const { le: _, ...others } = one.labels;
    const key = JSON.stringify(others);
    const group = groups.get(key) ?? { buckets: [], count: null, hasSum: false };
    groups.set(key, group);
    if (one.name === `${name}_bucket`) group.buckets.push(one);
    else if (one.name === `${name}_count`) group.count = one.value;
    else group.hasSum = true;
  }
  for (const [key, { buckets, count, hasSum }] of groups) {
    const bounds = buckets.map(({ labels }) =>
      labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le),
    );
    const rises = (values: readonly number[], strictly: boolean) =>
      values.every(
        (value, i) => i === 0 || value > (values[i - 1] ?? 0) || (!strictly && value === values[i - 1]),
      );
    const last = buckets.at(-1);
    if (!hasSum || last?.labels.le !== '+Inf' || last.value !== count)
      throw new Error(`${name}${key} is not whole`);
    if (
      !rises(bounds, true) ||
      !rises(
        buckets.map(({ value }) => value),
        false,
      )
    )
      throw new Error(`${name}${key} does not rise`);
  }
}

/** The value of the one series with these labels (others may be there too). Throws when there is none, or several. */
export function seriesValue(
  families: readonly ExpositionFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = families
    .flatMap(({ series }) => series)
    .filter(
      (one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
    );
  if (found.length !== 1 || !found[0])
    throw new Error(`${found.length} series ${name}${JSON.stringify(labels)}`);
  return found[0].value;
}
