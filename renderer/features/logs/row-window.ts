/** Height of a row, pixels; the style sheet says the same. */
export const ROW_HEIGHT = 24;
/** Rows drawn beyond the visible ones, so that a quick scroll shows no gap. */
const OVERSCAN = 12;

export interface RowWindow {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** The rows to draw for a scroll position: a list of thousands costs as much as what is visible. Pure. */
export function rowWindow(scrollTop: number, viewHeight: number, rows: number): RowWindow {
  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN);
  const end = Math.min(rows, Math.ceil((scrollTop + viewHeight) / ROW_HEIGHT) + OVERSCAN);
  return { first: Math.min(first, end), end };
}

/** True when a list is scrolled to its end, give or take a row. */
export function atTail(scrollTop: number, viewHeight: number, rows: number): boolean {
  return scrollTop + viewHeight >= rows * ROW_HEIGHT - ROW_HEIGHT;
}
