import type { ChangeMark } from '../../engine/contract';
import type { ChartMark } from './chart-types';

/** Marks on a chart at most, the newest: a test that changes settings every second must not black it out. */
const MAX_MARKS = 40;

/**
 * The changes between two instants (milliseconds since the epoch) as marks of a chart that ends at `toMs`, oldest first. With a
 * model chosen only its own and the engine's; without one the text names the model.
 */
export function chartMarks(
  marks: readonly ChangeMark[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  model: string | null,
): ChartMark[] {
  return marks
    .filter((mark) => mark.atMs >= fromMs && mark.atMs <= toMs)
    .filter((mark) => model === null || mark.model === null || mark.model === model)
    .slice(-MAX_MARKS)
    .map((mark) => ({
      id: mark.id,
      kind: mark.kind,
      secondsAgo: (mark.atMs - toMs) / 1000,
      text:
        mark.model !== null && model === null && !mark.text.includes(mark.model)
          ? `${mark.model}: ${mark.text}`
          : mark.text,
    }));
}
