import type { BucketCounts } from './bounded-histogram';
import type { Summary } from './latency-summary';

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** Label names and values, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

/** The lines of one family: text format 0.0.4. Without a series there is no line at all. */
export class FamilyText {
  readonly #lines: string[] = [];

  constructor(
    private readonly name: string,
    private readonly type: FamilyType,
    private readonly help: string,
  ) {}

  /** Of a counter or a gauge. Null, a value that cannot be read, gives no series. */
  value(labels: Labels, value: number | null): void {
    if (value !== null) this.#line('', labels, value);
  }

  histogram(labels: Labels, { bounds, cumulative, count, sum }: BucketCounts): void {
    bounds.forEach((bound, i) => {
      this.#line('_bucket', { ...labels, le: decimal(bound) }, cumulative[i] ?? 0);
    });
    this.#line('_bucket', { ...labels, le: '+Inf' }, count);
    this.#line('_sum', labels, sum);
    this.#line('_count', labels, count);
  }

  summary(labels: Labels, { quantiles, count, sumUs }: Summary): void {
    for (const { quantile, valueUs } of quantiles)
      this.#line('', { ...labels, quantile: decimal(quantile) }, valueUs);
    this.#line('_sum', labels, sumUs);
    this.#line('_count', labels, count);
  }

  text(): string {
    if (this.#lines.length === 0) return '';
    const help = this.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    return `# HELP ${this.name} ${help}\n# TYPE ${this.name} ${this.type}\n${this.#lines.join('')}`;
  }

  #line(suffix: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
    const braces = pairs.length > 0 ? `{${pairs.join(',')}}` : '';
    this.#lines.push(`${this.name}${suffix}${braces} ${decimal(value)}\n`);
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** A plain decimal number: some readers know no exponents. */
export function decimal(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  if (Math.abs(value) >= 1) return BigInt(value).toString();
  return value.toFixed(20).replace(/\.?0+$/, '');
}
