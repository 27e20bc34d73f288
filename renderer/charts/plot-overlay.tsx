import { memo } from 'react';
import { useStore } from 'zustand';
import type { ChartMark } from './chart-types';
import { flagsOf } from './flags';
import { hoverStore } from './hover';
import classes from './live-chart.module.css';
import { leftOf } from './plot-area';

interface MarksProps {
  readonly marks: readonly ChartMark[];
  readonly spanS: number;
}

/** A dashed line with a lettered flag for every change. Plain boxes over the chart: they move without the chart being laid out anew. */
export const MarkLines = memo(function MarkLines({ marks, spanS }: MarksProps) {
  return flagsOf(marks, spanS).map(({ id, secondsAgo, letters }) => (
    <span key={id} className={classes.mark} style={{ left: leftOf(secondsAgo, spanS) }}>
      <span className={classes.flag}>{letters}</span>
    </span>
  ));
});

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
