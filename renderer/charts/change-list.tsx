import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { changeLetter, changeMeaning } from './change-kinds';
import classes from './change-list.module.css';
import type { ChartMark } from './chart-types';
import { setHover } from './hover';

interface ChangeListProps {
  /** Oldest first, as the charts take them. */
  readonly marks: readonly ChartMark[];
  /** When it happened, as its row says it: a time of day, or seconds into a run. */
  readonly when: (mark: ChartMark) => string;
  /** Said instead of rows; without it nothing is. */
  readonly empty?: string;
}

/** Rows moved by each key. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/**
 * What the flags on the charts stand for, in words, newest first. The row under the pointer or with the focus puts the shared
 * crosshair of all charts to its instant, so that a mark is reached without a pointer. One stop for the Tab key; arrows move within.
 */
export function ChangeList({ marks, when, empty }: ChangeListProps) {
  const list = useRef<HTMLUListElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const rows = [...marks].reverse();
  const shownId = pointed ?? focused;
  const shown = marks.find(({ id }) => id === shownId);
  // A live chart moves under the crosshair, which stays with its change.
  const at = shown?.secondsAgo ?? null;
  useEffect(() => {
    if (at === null) return;
    setHover(at);
    return () => setHover(null);
  }, [at]);
  const stop = Math.max(
    0,
    rows.findIndex(({ id }) => id === focused),
  );
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(rows.length - 1, Math.max(0, stop + step));
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  const leave = (event: FocusEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setFocused(null);
  };
  return (
    <section className={`ferry-panel ${classes.panel}`} aria-label="Changes">
      <p className={classes.title}>
        <b>Changes</b> <span>what the flags on the charts stand for, newest first</span>
      </p>
      {rows.length === 0 && empty !== undefined && <p className={classes.empty}>{empty}</p>}
      <ul
        ref={list}
        className={classes.list}
        aria-label="Flags on the charts"
        onKeyDown={move}
        onBlur={leave}
        onPointerLeave={() => setPointed(null)}
      >
        {rows.map((mark, i) => (
          <li key={mark.id}>
            <button
              type="button"
              className={classes.row}
              tabIndex={i === stop ? 0 : -1}
              data-shown={mark.id === shownId || undefined}
              onFocus={() => setFocused(mark.id)}
              onPointerEnter={() => setPointed(mark.id)}
            >
              <b className={classes.flag} aria-hidden>
                {changeLetter(mark.kind)}
              </b>
              <span className={classes.when}>{when(mark)}</span>
              <span className={classes.kind}>{changeMeaning(mark.kind)}</span>
              <span>{mark.text}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
