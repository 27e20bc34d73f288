import { memo } from 'react';
import { useStore } from 'zustand';
import type { ChartMark } from './chart-types';
import { hoverStore } from './hover';
import classes from './live-chart.module.css';
import { leftOf } from './plot-area';

interface MarksProps {
  readonly marks: readonly ChartMark[];
  readonly spanS: number;
}

/** Lines nearer to each other than this share of the window would only make one thick one: the first stands for them. */
const APART = 0.006;

/** A dashed line with a flag for every change. Plain boxes over the chart: they move without the chart being laid out anew. */
export const MarkLines = memo(function MarkLines({ marks, spanS }: MarksProps) {
  return apart(marks, spanS * APART).map(({ id, secondsAgo }) => (
    <span key={id} className={classes.mark} style={{ left: leftOf(secondsAgo, spanS) }} />
  ));
});

function apart(marks: readonly ChartMark[], byS: number): readonly ChartMark[] {
  const kept: ChartMark[] = [];
  for (const mark of marks) {
    const last = kept.at(-1);
    if (!last || mark.secondsAgo - last.secondsAgo >= byS) kept.push(mark);
  }
  return kept;
}

/** How near the pointer must be to a mark for its text, as a share of the window. */
const REACH = 0.02;

/** The line under the pointer, on all charts at once, and the text of a change that is near. */
export function Crosshair({ marks, spanS }: MarksProps) {
  const hovered = useStore(hoverStore, (state) => state.secondsAgo);
  if (hovered === null) return null;
  const near = marks.filter(({ secondsAgo }) => Math.abs(secondsAgo - hovered) < spanS * REACH);
  return (
    <>
      <span className={classes.crosshair} style={{ left: leftOf(hovered, spanS) }} />
      {near.length > 0 && (
        <span
          className={classes.bubble}
          data-side={hovered > -spanS / 2 ? 'left' : 'right'}
          style={{ left: leftOf(hovered, spanS) }}
        >
          {near.slice(-4).map(({ id, text }) => (
            <span key={id}>{text}</span>
          ))}
        </span>
      )}
    </>
  );
}
