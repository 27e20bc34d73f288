export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly right?: boolean;
}

/**
 * Rows under their titles, each column as wide as its longest cell, two spaces between. Widths count code points; what
 * `paint` adds to a cell is not counted.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number, row: number) => string = (text) => text,
): string {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) => Math.max(...[titles, ...rows].map((row) => widthOf(row[i] ?? ''))));
  const line = (row: readonly string[], number: number): string =>
    columns
      .map(({ right }, i) => {
        const cell = row[i] ?? '';
        const gap = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
        const shown = number < 0 ? cell : paint(cell, i, number);
        return right ? gap + shown : shown + gap;
      })
      .join('  ')
      .trimEnd();
  return [line(titles, -1), ...rows.map(line)].join('\n');
}

const widthOf = (text: string): number => [...text].length;

/** Lines "name  value", the values below each other. */
export function textFields(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => widthOf(name)));
  return fields
    .map(([name, value]) => `${name}${' '.repeat(width - widthOf(name))}  ${value}`.trimEnd())
    .join('\n');
}
