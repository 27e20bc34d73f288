/** What one benchmark measured: a ratio within one run, never an absolute time. */
export interface BenchResult {
  readonly value: number;
  readonly bar: number;
  /** Whether `value` is on the right side of `bar`. */
  readonly holds: boolean;
  /** The numbers behind the value. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Benchmark {
  readonly name: string;
  /** One line for `--list`. */
  readonly describes: string;
  run(print: (line: string) => void): Promise<BenchResult>;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}

/** Prints rows of equal keys as a table with aligned columns. */
export function printTable(
  print: (line: string) => void,
  rows: readonly Readonly<Record<string, string | number>>[],
): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  for (const line of cells) print(`  ${line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')}`);
}
